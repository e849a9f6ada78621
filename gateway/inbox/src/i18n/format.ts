import { i18next } from './index';

/** Digits stay Latin in every language (ui.md §9); names of days and months follow the language. */
const locale = () => {
  const language = i18next.language || 'en';
  // Day before month, as in the rest of the world's English.
  return `${language === 'en' ? 'en-GB' : language}-u-nu-latn`;
};
const cache = new Map<string, Intl.DateTimeFormat>();

function formatter(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = locale() + JSON.stringify(options);
  const known = cache.get(key);
  if (known) return known;
  const made = new Intl.DateTimeFormat(locale(), options);
  cache.set(key, made);
  return made;
}

export const clockTime = (at: number) =>
  formatter({ hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(at);

export const exactTime = (at: number) =>
  formatter({
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    fractionalSecondDigits: 3,
    hourCycle: 'h23',
  }).format(at);

export function daysBetween(at: number, now: number): number {
  const start = (time: number) => new Date(time).setHours(0, 0, 0, 0);
  return Math.round((start(now) - start(at)) / 86_400_000);
}

const sameYear = (a: number, b: number) => new Date(a).getFullYear() === new Date(b).getFullYear();

export function shortDay(at: number, now: number): string {
  return formatter({
    day: 'numeric',
    month: 'short',
    ...(sameYear(at, now) ? {} : { year: 'numeric' }),
  }).format(at);
}

/** Whole, for a day that may be years away: `14 Nov 2026`. */
export const longDate = (at: number) =>
  formatter({ day: 'numeric', month: 'short', year: 'numeric' }).format(at);

export function longDay(at: number, now: number): string {
  return formatter({
    weekday: 'long',
    day: 'numeric',
    month: 'long',
    ...(sameYear(at, now) ? {} : { year: 'numeric' }),
  }).format(at);
}

/** A time within the last day, a date before that: enough to place a row without counting. */
export function listTime(at: number, now: number, yesterday: string): string {
  const days = daysBetween(at, now);
  if (days <= 0) return clockTime(at);
  return days === 1 ? yesterday : shortDay(at, now);
}

export const number = (value: number) => new Intl.NumberFormat(locale()).format(value);

const MILLION = 1_000_000;

function amount(micros: number, currency: string, decimals: { minimum: number; maximum: number }): string {
  return new Intl.NumberFormat(locale(), {
    style: 'currency',
    currency,
    currencyDisplay: 'narrowSymbol',
    minimumFractionDigits: decimals.minimum,
    maximumFractionDigits: decimals.maximum,
  }).format(micros / MILLION);
}

/** To the cent; less than a cent is not told as nothing. */
export const money = (micros: number, currency: string) =>
  amount(micros, currency, { minimum: 2, maximum: micros > 0 && micros < MILLION / 100 ? 4 : 2 });

/** As it stands in a list of prices. */
export const exactMoney = (micros: number, currency: string) =>
  amount(micros, currency, { minimum: 4, maximum: 6 });

/** `43 permissions, 9 roles`, with the comma of the language. */
export const listed = (parts: string[]) =>
  new Intl.ListFormat(locale(), { type: 'unit', style: 'short' }).format(parts);

/** `Night desk and Weekend`. */
export const joined = (parts: string[]) =>
  new Intl.ListFormat(locale(), { type: 'conjunction' }).format(parts);

export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}

export function fileSize(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 * 1024) return `${Math.round(bytes / 1024)} KB`;
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}

export function countryName(code: string): string {
  return new Intl.DisplayNames([locale()], { type: 'region' }).of(code) ?? code;
}

export function languageName(code: string): string {
  try {
    return new Intl.DisplayNames([locale()], { type: 'language' }).of(code.replace('_', '-')) ?? code;
  } catch {
    return code;
  }
}
