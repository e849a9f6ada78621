import { describe, expect, it } from 'vitest';
import type { Node } from '../types';
import {
  fieldCondition,
  fromTree,
  type Group,
  isComplete,
  newGroup,
  newRule,
  replaced,
  sameTree,
  toTree,
} from './rules';

const india: Node = { is: { on: 'country', any_of: ['IN'] } };
const recent: Node = { is: { on: 'last_message', when: { within_days: 90 } } };
const vip: Node = { is: { on: 'tag', any_of: ['VIP'] } };

describe('a segment', () => {
  it.each<Node>([
    { all: [india, recent] },
    { any: [india, { all: [vip, { not: recent }] }] },
    { all: [{ not: { any: [india, vip] } }] },
    { all: [{ is: { on: 'field', key: 'orders', test: { at_least: { kind: 'number', value: 2 } } } }] },
  ])('comes back from its rules as it was', (tree) => expect(toTree(fromTree(tree)).tree).toEqual(tree));

  it('that is one condition alone, or turned around as a whole, becomes a group of one', () => {
    expect(toTree(fromTree(india)).tree).toEqual({ all: [india] });
    expect(toTree(fromTree({ not: { all: [india] } })).tree).toEqual({ all: [{ not: { all: [india] } }] });
  });

  it('finds the count of each rule where the server writes it', () => {
    const root = fromTree({ all: [india, { not: recent }, { any: [vip, india] }] });
    const [first, second, third] = root.rules;
    const { places } = toTree(root);
    // all, india, not, recent, any, vip, india
    expect([first, second, third].map((one) => places.get(one?.id ?? ''))).toEqual([1, 3, 4]);
    const inner = (third as Group).rules.map((one) => places.get(one.id));
    expect(inner).toEqual([5, 6]);
  });

  it('is the same in whatever order its parts are written', () => {
    const written: Node = { is: { any_of: ['IN'], on: 'country' } };
    expect(sameTree({ all: [india] }, { all: [written] })).toBe(true);
    expect(sameTree({ all: [india, vip] }, { all: [vip, india] })).toBe(false);
  });

  it('leaves out what is not finished, and groups of nothing', () => {
    const root = newGroup('all', [
      newRule('country'),
      newGroup('any', [newRule('name')]),
      newRule('created'),
    ]);
    expect(toTree(root).tree).toEqual({ all: [{ is: { on: 'created', when: { within_days: 90 } } }] });
  });
});

describe('a condition', () => {
  it('is complete with its value', () => {
    expect(isComplete({ on: 'country', any_of: [] })).toBe(false);
    expect(isComplete({ on: 'name', contains: ' ' })).toBe(false);
    expect(isComplete({ on: 'last_message', when: 'never' })).toBe(true);
    expect(isComplete({ on: 'created', when: { before_days: 0 } })).toBe(false);
    expect(isComplete(fieldCondition({ key: 'orders', name: 'Orders', kind: 'number' }))).toBe(false);
    expect(isComplete({ on: 'field', key: 'orders', test: { known: false } })).toBe(true);
  });

  it('is replaced or taken away by its id', () => {
    const [first, second] = [newRule(), newRule('name')];
    expect(replaced([first, second], first.id, null)).toEqual([second]);
    expect(replaced([first], first.id, second)).toEqual([second]);
  });
});
