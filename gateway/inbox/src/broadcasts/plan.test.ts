import { describe, expect, it } from 'vitest';
import { aTemplate } from '../templates/fixture';
import {
  aimedAt,
  canBeKept,
  emptyDraft,
  firstOpen,
  isEmpty,
  NIGHT,
  perDayOf,
  problems,
  STOP_FIRST,
  sameDraft,
  sourcesFor,
  withTemplate,
} from './plan';
import type { Draft } from './types';

const slot = { place: 'body', index: null, card: null, kind: 'text', required: true, example: null } as const;
const template = aTemplate({
  category: 'MARKETING',
  body: 'Hi {{first_name}}, until {{2}}',
  variables: [
    { ...slot, name: 'first_name' },
    { ...slot, name: '2', example: 'Sunday' },
  ],
});
const picture = { ...slot, name: 'file', place: 'header', kind: 'image' } as const;
const number = {
  phone_number_id: '1',
  waba_id: '9',
  name: 'Store',
  display: '+1 202 555 0148',
  per_day: null,
};
const empty = emptyDraft([number]);
const named: Draft = { ...empty, name: 'Kasturi turns six' };
const written = (text: string): Draft => {
  const plan = withTemplate(named.plan, template);
  const [first, second] = plan.variables;
  if (!first || !second) throw new Error('two variables');
  return { ...named, plan: { ...plan, variables: [first, { ...second, source: { kind: 'text', text } }] } };
};

describe('the steps of a broadcast', () => {
  it('begin with a name and people', () => {
    expect(problems('audience', empty, null)).toEqual({ name: 'noName' });
    const nobody: Draft = { ...named, plan: { ...named.plan, audience: { kind: 'contacts', ids: [] } } };
    expect(problems('audience', nobody, null)).toEqual({ audience: 'nobody' });
    expect(problems('audience', { ...named, name: 'x'.repeat(121) }, null)).toEqual({ name: 'longName' });
    expect(problems('audience', named, null)).toEqual({});
  });

  it('may be for a segment, which has to be chosen', () => {
    const of = (id: string): Draft => ({
      ...named,
      plan: { ...named.plan, audience: { kind: 'segment', id } },
    });
    expect(problems('audience', of(''), null)).toEqual({ audience: 'noSegment' });
    expect(canBeKept(of(''))).toBe(false);
    expect(problems('audience', of('s1'), null)).toEqual({});
    expect(emptyDraft([number], 's1').plan.audience).toEqual({ kind: 'segment', id: 's1' });
    expect(sameDraft(of('s1'), of('s2'))).toBe(false);
    expect(sameDraft(named, { ...named, plan: { ...named.plan, opted_in_only: true } })).toBe(false);
    expect(sameDraft(named, { ...named, plan: { ...named.plan, same_language: true } })).toBe(false);
  });

  it('may take people whom systems add, with values that come along only there', () => {
    const open: Draft = { ...named, plan: aimedAt(named.plan, { kind: 'triggered' }) };
    expect(problems('audience', open, null)).toEqual({});
    expect(canBeKept(open)).toBe(true);
    expect(sameDraft(open, named)).toBe(false);
    const plan = withTemplate(open.plan, template);
    const variables = plan.variables.map((one) => ({
      ...one,
      source: { kind: 'given' } as const,
      fallback: 'x',
    }));
    const given: Draft = { ...open, plan: { ...plan, variables } };
    expect(problems('message', given, template)).toEqual({});
    expect(aimedAt(given.plan, { kind: 'triggered' }).variables).toEqual(variables);
    const everyone = aimedAt(given.plan, { kind: 'everyone' });
    expect(everyone.variables.every(({ source }) => source.kind === 'text')).toBe(true);
    expect(problems('message', { ...given, plan: everyone }, template)).toEqual({
      variables: 'emptyVariable',
    });
  });

  it('need a template that can be sent, with every value', () => {
    expect(problems('message', named, null)).toEqual({ template: 'noTemplate' });
    expect(problems('message', written(' '), template)).toEqual({ variables: 'emptyVariable' });
    expect(problems('message', written('Sunday'), { ...template, sendable: false })).toEqual({
      template: 'unsendable',
    });
    expect(problems('message', written('Sunday'), template)).toEqual({});
  });

  it('need a number and a pace that is a number', () => {
    const at = (per_second: number, numbers = ['1']): Draft => ({
      ...named,
      plan: { ...named.plan, numbers, per_second },
    });
    expect(problems('numbers', at(0), null)).toEqual({ rate: 'badRate' });
    expect(problems('numbers', at(2.5), null)).toEqual({ rate: 'badRate' });
    expect(problems('numbers', at(20), null)).toEqual({});
    expect(problems('numbers', at(20, []), null)).toEqual({ numbers: 'noNumber' });
  });

  it('open up to the first one where something is missing', () => {
    expect(firstOpen(empty, null)).toBe('audience');
    expect(firstOpen(named, null)).toBe('message');
    expect(firstOpen(written('Sunday'), template)).toBe('check');
  });
});

describe('a draft', () => {
  it('is kept before there is a template, not before there is a name', () => {
    expect(canBeKept(named)).toBe(true);
    expect(canBeKept(empty)).toBe(false);
  });

  it('is the same whether something is left out or null', () => {
    const { per_second: _, start_at: __, ...plan } = named.plan;
    expect(sameDraft(named, { ...named, plan: plan as Draft['plan'] })).toBe(true);
    expect(sameDraft(named, { ...named, plan: { ...named.plan, per_second: 5 } })).toBe(false);
  });
});

describe('what a broadcast keeps to', () => {
  const keeping = (change: Partial<Draft['plan']>): Draft => ({
    ...named,
    plan: { ...named.plan, ...change },
  });

  it('makes sense before it is saved', () => {
    const found = (change: Partial<Draft['plan']>) => problems('numbers', keeping(change), null);
    expect(found({ quiet: { from: 60, to: 60 } })).toEqual({ quiet: 'badQuiet' });
    expect(found({ quiet: { from: 30, to: 0 } })).toEqual({ quiet: 'badQuiet' });
    expect(found({ per_day: 0 })).toEqual({ perDay: 'badPerDay' });
    expect(found({ stop: { failed_percent: 0, after: 200 } })).toEqual({ stop: 'badStop' });
    expect(found({ quiet: NIGHT, per_day: 250, stop: STOP_FIRST })).toEqual({});
    expect(canBeKept(keeping({ per_day: 0 }))).toBe(false);
  });

  it('is the night for what advertises, until somebody decides otherwise', () => {
    const first = withTemplate(named.plan, template);
    expect([first.quiet, typeof first.zone]).toEqual([NIGHT, 'string']);
    expect(withTemplate({ ...first, quiet: null }, template).quiet).toBeNull();
    expect(withTemplate(named.plan, { ...template, category: 'UTILITY' }).quiet).toBeNull();
  });

  it('is a change that has to be saved', () => {
    expect(sameDraft(keeping({ quiet: NIGHT }), named)).toBe(false);
    expect(sameDraft(keeping({ start_is_local: true }), named)).toBe(false);
    expect(sameDraft(keeping({ per_day: 5 }), keeping({ per_day: 6 }))).toBe(false);
    expect(sameDraft(keeping({ quiet: { ...NIGHT } }), keeping({ quiet: NIGHT }))).toBe(true);
  });
});

describe('the values of a template', () => {
  it('are guessed from the name of the variable, and what was chosen stays', () => {
    const [first, second] = sourcesFor(template, []);
    expect(first?.source).toEqual({ kind: 'contact', field: 'first_name' });
    expect(second?.source).toEqual({ kind: 'text', text: '' });
    const again = withTemplate(written('Sunday').plan, template);
    expect(again.variables[1]?.source).toEqual({ kind: 'text', text: 'Sunday' });
  });

  it('are asked for a file as its address, and only where the template needs them', () => {
    const button = {
      ...slot,
      name: 'payload',
      place: 'button',
      index: 0,
      kind: 'payload',
      required: false,
    } as const;
    const sources = sourcesFor({ ...template, variables: [picture, button] }, []);
    expect(sources.map((one) => [one.name, one.source])).toEqual([
      ['file', { kind: 'value', value: { link: '' } }],
    ]);
    const [file] = sources;
    if (!file) throw new Error('a file');
    const at = (link: string) => ({ ...file, source: { kind: 'value' as const, value: { link } } });
    expect([file, at('six.jpg'), at('https://kasturi.example/six.jpg')].map(isEmpty)).toEqual([
      true,
      true,
      false,
    ]);
  });

  it('that a program has set stay as they are', () => {
    const place = { latitude: 1, longitude: 2, name: 'Store', address: 'Road 1' };
    const known = { ...picture, source: { kind: 'value' as const, value: place }, fallback: null };
    const [kept] = sourcesFor({ ...template, variables: [{ ...picture, kind: 'location' }] }, [known]);
    expect(kept).toBe(known);
    expect(isEmpty(known)).toBe(false);
  });
});

describe('people a day', () => {
  const own = (id: string, per_day: number | null) => ({
    phone_number_id: id,
    waba_id: '1',
    name: id,
    display: id,
    per_day,
  });

  it('are the least that WhatsApp allows one of the chosen numbers', () => {
    const known = [own('a', 100_000), own('b', 2_000), own('c', null), own('d', 250)];
    expect(perDayOf(known, ['a', 'b', 'c'])).toBe(2_000);
    expect(perDayOf(known, ['c'])).toBeNull();
    expect(perDayOf(known, [])).toBeNull();
  });
});
