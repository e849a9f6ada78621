import { describe, expect, it } from 'vitest';
import { emptyDraft, isEmpty, sameDraft } from './plan';
import type { Plan } from './types';
import { canAdd, testProblem, winnerRule, withAnother, without, withWording, wordings } from './variants';

const plan: Plan = { ...emptyDraft([]).plan, template: 'six', language: 'en' };
const named = (template: string) => ({ template, language: 'en', variables: [] });

describe('several messages', () => {
  it('are at most four, each in its place, and the last one gone is no test', () => {
    let all = plan;
    for (const letter of ['b', 'c', 'd']) {
      all = withAnother(all);
      all = withWording(all, wordings(all).length - 1, named(letter));
    }
    expect(wordings(all).map((one) => one.template)).toEqual(['six', 'b', 'c', 'd']);
    expect([canAdd(plan), canAdd(all)]).toEqual([true, false]);
    expect(wordings(without(all, 2)).map((one) => one.template)).toEqual(['six', 'b', 'd']);
    expect(without(withAnother(plan), 1).test).toBeNull();
    expect(withWording(all, 0, named('seven')).template).toBe('seven');
  });

  it('are another draft than one message', () => {
    const draft = { name: 'Six', plan };
    const two = withWording(withAnother(plan), 1, named('b'));
    expect(sameDraft(draft, { ...draft, plan: two })).toBe(false);
    expect(sameDraft({ ...draft, plan: two }, { ...draft, plan: { ...two } })).toBe(true);
    expect(sameDraft(draft, { ...draft, plan: { ...plan, hold_out: 5 } })).toBe(false);
  });

  it('must be there, different, and of a sample that can be', () => {
    const problem = (one: Plan) => testProblem(one, isEmpty);
    const two = withWording(withAnother(plan), 1, named('b'));
    const sample = (percent: number): Plan => ({
      ...two,
      test: two.test && { ...two.test, sample: percent },
    });
    expect(problem(plan)).toEqual({});
    expect(problem(two)).toEqual({});
    expect(problem(withAnother(plan))).toEqual({ test: 'unfinished' });
    expect(problem(withWording(two, 1, named('six')))).toEqual({ test: 'same' });
    expect([problem(sample(0)), problem(sample(101)), problem(sample(100))]).toEqual([
      { test: 'badSample' },
      { test: 'badSample' },
      {},
    ]);
    expect(problem({ ...plan, hold_out: 51 })).toEqual({ test: 'badHoldOut' });
  });

  it('keep how the winner is found when somebody looks at the other way', () => {
    const known = { kind: 'best', by: 'replied', after_minutes: 15 } as const;
    expect(winnerRule('best', known)).toBe(known);
    expect(winnerRule('person', known)).toEqual({ kind: 'person' });
    expect(winnerRule('best', { kind: 'person' }).kind).toBe('best');
  });
});
