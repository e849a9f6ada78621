import type { FieldKind, FieldTest, FieldValue } from '../types';

/** How a custom field is compared, as people choose it. */
export type How = 'is' | 'contains' | 'at_least' | 'at_most' | 'yes' | 'no' | 'known' | 'unknown';

const HOWS: Record<FieldKind, readonly How[]> = {
  text: ['is', 'contains', 'known', 'unknown'],
  number: ['at_least', 'at_most', 'is', 'known', 'unknown'],
  date: ['at_least', 'at_most', 'is', 'known', 'unknown'],
  yes_no: ['yes', 'no', 'known', 'unknown'],
};
export const howsOf = (kind: FieldKind) => HOWS[kind];

/** What people choose from: the opposite of yes is not no, but no or not known; that of known is not known. */
export const choicesOf = (kind: FieldKind): string[] =>
  bothWays(HOWS[kind]).filter((how) => how !== 'not_known' && how !== 'not_unknown');

export function howOf(test: FieldTest): How {
  if ('known' in test) return test.known ? 'known' : 'unknown';
  if ('contains' in test) return 'contains';
  if ('at_least' in test) return 'at_least';
  if ('at_most' in test) return 'at_most';
  return test.is.kind === 'yes_no' ? (test.is.value ? 'yes' : 'no') : 'is';
}

/** What is typed beside it, empty where there is nothing to type or nothing yet. */
export function typed(test: FieldTest): string {
  if ('known' in test) return '';
  if ('contains' in test) return test.contains;
  const value = 'at_least' in test ? test.at_least : 'at_most' in test ? test.at_most : test.is;
  if (value.kind === 'yes_no' || (value.kind === 'number' && Number.isNaN(value.value))) return '';
  return String(value.value);
}

export const needsValue = (how: How) =>
  how === 'is' || how === 'contains' || how === 'at_least' || how === 'at_most';

/** A number that is not there yet is not a number: the test is not complete. */
function readValue(kind: FieldKind, text: string): FieldValue {
  switch (kind) {
    case 'number':
      return { kind, value: text.trim() === '' ? Number.NaN : Number(text) };
    case 'yes_no':
      return { kind, value: text === 'yes' };
    default:
      return { kind, value: text };
  }
}

export function testOf(how: How, kind: FieldKind, text: string): FieldTest {
  switch (how) {
    case 'known':
    case 'unknown':
      return { known: how === 'known' };
    case 'yes':
    case 'no':
      return { is: { kind: 'yes_no', value: how === 'yes' } };
    case 'contains':
      return { contains: text };
    case 'at_least':
      return { at_least: readValue(kind, text) };
    case 'at_most':
      return { at_most: readValue(kind, text) };
    case 'is':
      return { is: readValue(kind, text) };
  }
}

export const firstTest = (kind: FieldKind) => testOf(HOWS[kind][0] ?? 'known', kind, '');

export const isWhole = (test: FieldTest) => !needsValue(howOf(test)) || typed(test).trim() !== '';

/** Each way to compare and, after all of them, its opposite. */
export const bothWays = <T extends string>(hows: readonly T[]): string[] => [
  ...hows,
  ...hows.map((how) => turned(how, true)),
];

export const turned = (how: string, not: boolean) => (not ? `not_${how}` : how);

export function unturned<T extends string>(hows: readonly T[], value: string | null): [T | null, boolean] {
  const plain = hows.find((how) => how === value);
  if (plain) return [plain, false];
  return [hows.find((how) => turned(how, true) === value) ?? null, true];
}
