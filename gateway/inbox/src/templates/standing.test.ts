import { describe, expect, it } from 'vitest';
import { aTemplate } from './fixture';
import { shown, statusTone } from './standing';
import { merged } from './useTemplates';

const template = (name: string, sendable = true) =>
  aTemplate({
    name,
    status: sendable ? 'APPROVED' : 'PAUSED',
    body: `Hello from ${name}`,
    sendable,
    unsendable_reason: sendable ? null : 'Paused by WhatsApp',
  });
const number = (id: string) => ({ phone_number_id: id, waba_id: id, name: id, display: id, per_day: null });

describe('templates', () => {
  const offers = [template('b'), template('c', false), template('a')].map((one) => ({ template: one }));
  const names = (list: typeof offers) => list.map((one) => one.template.name);

  it('that cannot be sent come first', () =>
    expect(names(shown(offers, 'all', ''))).toEqual(['c', 'a', 'b']));

  it('are filtered by whether they can be sent, and by their words', () => {
    expect(names(shown(offers, 'stopped', ''))).toEqual(['c']);
    expect(names(shown(offers, 'sendable', 'FROM B'))).toEqual(['b']);
  });

  it('have a colour where somebody has to know of their status', () => {
    expect(statusTone('APPROVED')).toBe('grn');
    expect(statusTone('ARCHIVED')).toBeUndefined();
  });
});

describe('one template in several accounts', () => {
  it('is offered once, with every number that can send it', () => {
    const all = merged([
      { templates: [template('a')], numbers: [number('1')] },
      { templates: [template('a')], numbers: [number('2')] },
    ]);
    expect(all.map((one) => one.numbers.map((each) => each.phone_number_id))).toEqual([['1', '2']]);
  });

  it('is that of the account that may send it', () => {
    const all = merged([
      { templates: [template('a', false)], numbers: [number('1')] },
      { templates: [template('a')], numbers: [number('2')] },
    ]);
    expect(all.map((one) => one.numbers.map((each) => each.phone_number_id))).toEqual([['2']]);
  });
});
