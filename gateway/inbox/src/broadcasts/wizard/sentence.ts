import { i18next, type Words } from '../../i18n';
import { number } from '../../i18n/format';
import type { Finding } from '../types';

const COUNT = /^\d+$/;

/** Isolated, so that a number or an English sentence does not turn the words around it. */
const apart = (text: string) => `\u2068${text}\u2069`;

/** What the check has found, in the reader's language; a newer server's finding as it says it. */
export function sentence({ key, values, text }: Finding, t: Words): string {
  if (!i18next.exists(`broadcasts.finding.${key}`)) return apart(text);
  const shown = Object.entries({ ...values, text }).map(([name, value]) => [
    name,
    apart(COUNT.test(value) ? number(Number(value)) : value),
  ]);
  return t(`broadcasts.finding.${key}`, Object.fromEntries(shown));
}
