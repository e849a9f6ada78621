import type { HourPoint } from '../types';

const HOUR_MS = 3_600_000;

/** Lines over the hours since the start; each value is how many there were by then. */
export type Lines = { hours: number[]; delivered: number[]; read: number[]; replied: number[] };
export type LineKey = Exclude<keyof Lines, 'hours'>;

export const LINES: readonly LineKey[] = ['delivered', 'read', 'replied'];

/** The server counts by the hour of the clock: a point stands where such an hour ends, and none is left out between two. */
export function lines(points: HourPoint[], startedAt: number): Lines {
  const made: Lines = { hours: [0], delivered: [0], read: [0], replied: [0] };
  const [first, last] = [points[0], points.at(-1)];
  if (!first || !last) return made;
  const known = new Map(points.map((one) => [one.at, one]));
  for (let at = first.at; at <= last.at; at += HOUR_MS) {
    made.hours.push((at + HOUR_MS - startedAt) / HOUR_MS);
    for (const key of LINES) made[key].push((made[key].at(-1) ?? 0) + (known.get(at)?.[key] ?? 0));
  }
  return made;
}

/** As a table, which has the whole hours of the clock. */
export function rows(points: HourPoint[], startedAt: number) {
  const made = lines(points, startedAt);
  return made.hours.slice(1).map((hour, index) => ({
    until: startedAt + hour * HOUR_MS,
    delivered: made.delivered[index + 1] ?? 0,
    read: made.read[index + 1] ?? 0,
    replied: made.replied[index + 1] ?? 0,
  }));
}

const QUARTERS = [4, 8, 12, 16, 20, 24, 32, 40];

/** The top of the scale: its quarters are whole and easy to read. */
export function peak(highest: number): number {
  let step = 1;
  for (;;) {
    const top = QUARTERS.find((one) => highest <= one * step);
    if (top) return top * step;
    step *= 10;
  }
}
