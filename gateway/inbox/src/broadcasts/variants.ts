import type { Problems } from './plan';
import type { Letter, Plan, VariableSource, VariantTest, WinnerRule } from './types';

export const LETTERS: readonly Letter[] = ['A', 'B', 'C', 'D'];

/** What a test begins with: the winner after four hours, when most who will read it have. */
const BEST: WinnerRule = { kind: 'best', by: 'read', after_minutes: 4 * 60 };
export const SAMPLE_FIRST = 20;
export const HOLD_OUT_FIRST = 5;
export const HOLD_OUT_MAX = 50;
/** Minutes after the sample has left; the server takes 15 min to 72 h. */
export const WAITS: readonly number[] = [15, 60, 2 * 60, 4 * 60, 12 * 60, 24 * 60, 48 * 60, 72 * 60];

/** One message of a broadcast: the plan's own is A. */
export type Wording = Pick<Plan, 'template' | 'language' | 'variables'>;

export function wordings({ template, language, variables, test }: Plan): Wording[] {
  return [{ template, language, variables }, ...(test?.others ?? [])];
}

export function withWording(plan: Plan, place: number, wording: Wording): Plan {
  if (place === 0 || !plan.test) return { ...plan, ...wording };
  const others = plan.test.others.map((one, index) => (index === place - 1 ? wording : one));
  return { ...plan, test: { ...plan.test, others } };
}

export const canAdd = (plan: Plan) => wordings(plan).length < LETTERS.length;

export function withAnother(plan: Plan): Plan {
  const test: VariantTest = plan.test ?? { others: [], sample: SAMPLE_FIRST, winner: BEST };
  return {
    ...plan,
    test: { ...test, others: [...test.others, { template: '', language: '', variables: [] }] },
  };
}

/** Those behind it move up; without others there is no test. */
export function without(plan: Plan, place: number): Plan {
  const others = (plan.test?.others ?? []).filter((_, index) => index !== place - 1);
  return { ...plan, test: plan.test && others.length > 0 ? { ...plan.test, others } : null };
}

export const winnerRule = (kind: WinnerRule['kind'], known: WinnerRule): WinnerRule => {
  if (kind === 'person') return { kind };
  return known.kind === 'best' ? known : BEST;
};

export function testProblem(plan: Plan, isEmpty: (variable: VariableSource) => boolean): Problems {
  const holdOut = plan.hold_out ?? 0;
  if (!isWhole(holdOut, 0, HOLD_OUT_MAX)) return { test: 'badHoldOut' };
  if (!plan.test) return {};
  if (plan.test.others.some((one) => one.template === '')) return { test: 'unfinished' };
  if (plan.test.others.some((one) => one.variables.some(isEmpty))) return { variables: 'emptyVariable' };
  if (hasSame(wordings(plan))) return { test: 'same' };
  return isWhole(plan.test.sample, 1, 100) ? {} : { test: 'badSample' };
}

const isWhole = (value: number, from: number, upto: number) =>
  Number.isInteger(value) && value >= from && value <= upto;

function hasSame(all: Wording[]): boolean {
  const texts = all.map(({ template, language, variables }) =>
    JSON.stringify([template, language, variables]),
  );
  return new Set(texts).size < texts.length;
}
