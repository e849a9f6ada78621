import type { BusinessNumber, Template, TemplateVariable } from '../api/types';
import { isAddress, isFile, isLine, variableKey } from '../inbox/templates/templateText';
import type { Offer } from '../templates/useTemplates';
import { limitProblem } from './cost/limit';
import { STEPS, type Step } from './steps';
import type { Audience, ContactField, Draft, Plan, Repeat, Source, VariableSource } from './types';
import { testProblem, wordings } from './variants';
import { ownZone } from './wizard/moment';

export const FIELDS: readonly ContactField[] = ['first_name', 'name', 'username', 'phone', 'country'];

/** The limits of the server, said where something is typed instead of after it was sent. */
export const NAME_MAX = 120;
export const NAMED_MAX = 10_000;
export const LANES_MAX = 20;
export const VALUE_MAX = 1024;
export const RATE_MAX = 100_000;
export const PER_DAY_MAX = 10_000_000;
const DAY_MINUTES = 24 * 60;
const AWAKE_MIN_MINUTES = 60;

/** What a rule begins with. */
export const NIGHT = { from: 21 * 60, to: 8 * 60 };
export const PER_DAY_FIRST = 2_000;
export const TIMES_MAX = 1_000;
export const REPEAT_FIRST: Repeat = { on: { kind: 'every_day' }, at: 9 * 60, until: null, times: null };

/** People whom WhatsApp lets the chosen numbers begin to write to in a day, the least of them; `null` where none says. */
export function perDayOf(known: BusinessNumber[], chosen: string[]): number | null {
  const own = known.filter((one) => chosen.includes(one.phone_number_id)).map((one) => one.per_day);
  const told = own.filter((people) => people !== null);
  return told.length > 0 ? Math.min(...told) : null;
}
export const STOP_FIRST = { failed_percent: 5, after: 200 };

export type Problems = Partial<
  Record<
    | 'name'
    | 'audience'
    | 'template'
    | 'variables'
    | 'numbers'
    | 'rate'
    | 'quiet'
    | 'perDay'
    | 'stop'
    | 'spend'
    | 'repeat'
    | 'test',
    string
  >
>;

export const emptyDraft = (numbers: BusinessNumber[], segment: string | null = null): Draft => ({
  name: '',
  plan: {
    template: '',
    language: '',
    numbers: numbers.slice(0, LANES_MAX).map((one) => one.phone_number_id),
    audience: segment ? { kind: 'segment', id: segment } : { kind: 'everyone' },
    opted_in_only: false,
    same_language: false,
    variables: [],
    per_second: null,
    start_at: null,
    start_is_local: false,
    quiet: null,
    zone: null,
    stop: null,
    per_day: null,
    spend_max: null,
    repeat: null,
    test: null,
    hold_out: null,
  },
});

/** The words to a problem are a key of `broadcasts.problem`. */
export function problems(step: Step, { name, plan }: Draft, template: Template | null): Problems {
  switch (step) {
    case 'audience':
      return { ...nameProblem(name), ...audienceProblem(plan.audience) };
    case 'message':
      return messageProblem(plan, template);
    case 'numbers':
      return { ...numbersProblem(plan), ...paceProblem(plan), ...spendProblem(plan.spend_max) };
    case 'check':
      return {};
  }
}

function nameProblem(name: string): Problems {
  if (name.trim() === '') return { name: 'noName' };
  return [...name.trim()].length > NAME_MAX ? { name: 'longName' } : {};
}

function audienceProblem(audience: Audience): Problems {
  if (audience.kind === 'segment') return audience.id === '' ? { audience: 'noSegment' } : {};
  if (audience.kind !== 'contacts') return {};
  if (audience.ids.length === 0) return { audience: 'nobody' };
  return audience.ids.length > NAMED_MAX ? { audience: 'tooMany' } : {};
}

function messageProblem(plan: Plan, template: Template | null): Problems {
  if (plan.template === '') return { template: 'noTemplate' };
  if (template && !template.sendable) return { template: 'unsendable' };
  return plan.variables.some(isEmpty) ? { variables: 'emptyVariable' } : testProblem(plan, isEmpty);
}

function numbersProblem({ numbers }: Plan): Problems {
  if (numbers.length === 0) return { numbers: 'noNumber' };
  return numbers.length > LANES_MAX ? { numbers: 'manyNumbers' } : {};
}

function rateProblem(rate: Plan['per_second']): Problems {
  if (rate == null) return {};
  return Number.isInteger(rate) && rate >= 1 && rate <= RATE_MAX ? {} : { rate: 'badRate' };
}

function paceProblem(plan: Plan): Problems {
  return {
    ...rateProblem(plan.per_second),
    ...quietProblem(plan.quiet),
    ...perDayProblem(plan.per_day),
    ...stopProblem(plan.stop),
    ...repeatProblem(plan.repeat),
  };
}

function quietProblem(quiet: Plan['quiet']): Problems {
  if (quiet == null) return {};
  const awake = (quiet.from - quiet.to + DAY_MINUTES) % DAY_MINUTES;
  return awake >= AWAKE_MIN_MINUTES ? {} : { quiet: 'badQuiet' };
}

function perDayProblem(perDay: Plan['per_day']): Problems {
  if (perDay == null) return {};
  return Number.isInteger(perDay) && perDay >= 1 && perDay <= PER_DAY_MAX ? {} : { perDay: 'badPerDay' };
}

function spendProblem(limit: Plan['spend_max']): Problems {
  const problem = limitProblem(limit);
  return problem ? { spend: problem } : {};
}

function stopProblem(stop: Plan['stop']): Problems {
  if (stop == null) return {};
  const { failed_percent: percent, after } = stop;
  const isPercent = Number.isInteger(percent) && percent >= 1 && percent <= 100;
  return isPercent && Number.isInteger(after) && after >= 1 ? {} : { stop: 'badStop' };
}

function repeatProblem(repeat: Plan['repeat']): Problems {
  if (repeat == null) return {};
  const { on, times } = repeat;
  if (on.kind === 'weekdays' && on.days.length === 0) return { repeat: 'noDay' };
  if (on.kind === 'month_day' && !(Number.isInteger(on.day) && on.day >= 1 && on.day <= 31))
    return { repeat: 'badDay' };
  return times == null || (Number.isInteger(times) && times >= 1 && times <= TIMES_MAX)
    ? {}
    : { repeat: 'badTimes' };
}

/** Whether it can be made anew for the same people. */
export const canRepeat = ({ audience }: Plan) => audience.kind !== 'triggered' && audience.kind !== 'failed';

/** WhatsApp refuses an empty value; of a contact it comes from the person, or they are left out. */
export function isEmpty({ source }: VariableSource): boolean {
  if (source.kind === 'text') return source.text.trim() === '';
  const address = addressOf(source);
  return address !== null && !isAddress(address);
}

/** `null`: what it says is no file at an address. */
export const addressOf = (source: Source): string | null =>
  source.kind === 'value' && typeof source.value === 'object' && 'link' in source.value
    ? source.value.link
    : null;

/** The first step where something is missing; what comes after it cannot be opened. */
export function firstOpen(draft: Draft, template: Template | null): Step {
  return STEPS.find((step) => Object.keys(problems(step, draft, template)).length > 0) ?? 'check';
}

/** The server keeps no draft without these; everything else may come later. */
export function canBeKept({ name, plan }: Draft): boolean {
  return (
    Object.keys({
      ...nameProblem(name),
      ...audienceProblem(plan.audience),
      ...numbersProblem(plan),
      ...paceProblem(plan),
    }).length === 0
  );
}

const NAME_LIKE: Record<string, ContactField> = {
  name: 'name',
  full_name: 'name',
  first_name: 'first_name',
  firstname: 'first_name',
  nome: 'first_name',
  username: 'username',
  phone: 'phone',
  country: 'country',
};

/** A source for each variable of the template: those that there are, for the rest of what it needs a first guess. */
export function sourcesFor(template: Template, known: VariableSource[]): VariableSource[] {
  const had = new Map(known.map((one) => [variableKey(one), one]));
  return template.variables.flatMap((slot) => had.get(variableKey(slot)) ?? guess(slot) ?? []);
}

/** `null`: it can do without, or only a program can say it. */
function guess(slot: TemplateVariable): VariableSource | null {
  if (!slot.required || !(isFile(slot) || isLine(slot))) return null;
  const { name, place, index, card } = slot;
  return { name, place, index, card, source: firstSource(slot), fallback: null };
}

function firstSource(slot: TemplateVariable): Source {
  if (isFile(slot)) return { kind: 'value', value: { link: '' } };
  const field = NAME_LIKE[slot.name.toLowerCase()];
  return field ? { kind: 'contact', field } : { kind: 'text', text: '' };
}

/** What advertises keeps the night, unless somebody decides otherwise. */
export const withTemplate = (plan: Plan, template: Template): Plan => ({
  ...plan,
  ...(plan.template === '' && template.category === 'MARKETING' && { quiet: NIGHT, zone: ownZone() }),
  template: template.name,
  language: template.language,
  variables: sourcesFor(template, plan.template === template.name ? plan.variables : []),
});

export const isTriggered = ({ audience }: Plan) => audience.kind === 'triggered';

/** Another audience. What would have come along with people who are added has to be said here then. */
export const aimedAt = (plan: Plan, audience: Audience): Plan => ({
  ...plan,
  audience,
  repeat: canRepeat({ ...plan, audience }) ? plan.repeat : null,
  variables:
    audience.kind === 'triggered'
      ? plan.variables
      : plan.variables.map((one) =>
          one.source.kind === 'given' ? { ...one, source: { kind: 'text', text: '' }, fallback: null } : one,
        ),
});

/** The template of a plan among those offered, with the numbers that have it. */
export const offerOf = (offers: Offer[], { template, language }: Pick<Plan, 'template' | 'language'>) =>
  offers.find((one) => one.template.name === template && one.template.language === language) ?? null;

export const sameDraft = (a: Draft, b: Draft) => canonical(a) === canonical(b);

/** What is left out and what is null are one thing to the server. */
function canonical({ name, plan }: Draft): string {
  const { numbers, per_second = null, start_at = null, test, hold_out = null } = plan;
  const { start_is_local = false, quiet, zone = null, stop, per_day = null, spend_max, repeat = null } = plan;
  const rules = [start_is_local, quiet?.from, quiet?.to, zone, stop?.failed_percent, stop?.after, per_day];
  const limit = [spend_max?.micros, spend_max?.currency];
  const who = [named(plan.audience), plan.opted_in_only, plan.same_language];
  const messages = wordings(plan).map(({ template, language, variables }) => [
    template,
    language,
    variables.map(({ source, fallback, ...slot }) => [variableKey(slot), said(source), fallback]),
  ]);
  const rule = test && [
    test.sample,
    test.winner.kind === 'best' ? [test.winner.by, test.winner.after_minutes] : null,
  ];
  return JSON.stringify([
    name.trim(),
    messages,
    rule ?? null,
    hold_out,
    numbers,
    who,
    per_second,
    start_at,
    rules,
    limit,
    repeat && [repeat.on, repeat.at, repeat.until ?? null, repeat.times ?? null],
  ]);
}

function named(audience: Audience) {
  switch (audience.kind) {
    case 'everyone':
      return null;
    case 'segment':
      return audience.id;
    case 'contacts':
      return audience.ids;
    case 'failed':
      return audience;
    case 'triggered':
      return audience.kind;
  }
}

function said(source: Source) {
  switch (source.kind) {
    case 'text':
      return ['text', source.text];
    case 'value':
      return ['value', source.value];
    case 'contact':
      return ['contact', source.field];
    case 'given':
      return ['given'];
  }
}
