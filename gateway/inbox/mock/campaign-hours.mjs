// When the people of the mock's broadcasts got it, read it and answered: most get it at once, and reading takes a day.

const HOUR = 3_600_000;
const HOURS = 24;

/** How many of `all` did it by the end of each hour, with a half that comes every `half` hours. */
const grown = (all, half) =>
  Array.from({ length: HOURS }, (_, hour) =>
    hour === HOURS - 1 ? all : Math.round(all * (1 - 0.5 ** ((hour + 1) / half))),
  );
const steps = (sums) => sums.map((sum, hour) => sum - (sums[hour - 1] ?? 0));

/** Of a broadcast that is over, as of one that runs. */
export function whenReached({ run, phase }, counts) {
  const { delivered, read, replied, clicked, opted_out } = counts;
  const tapped = Math.max(0, clicked - opted_out);
  const replies = { tapped, wrote: Math.max(0, replied - tapped - opted_out), stopped: opted_out };
  if (!run || !['finished', 'cancelled'].includes(phase.kind)) return { hours: [], replies };
  const first = Math.floor(run.began / HOUR) * HOUR;
  const [got, seen, said] = [grown(delivered + read, 0.7), grown(read, 2.4), grown(replied, 2.8)].map(steps);
  const hours = got.map((one, hour) => ({
    at: first + hour * HOUR,
    delivered: one,
    read: seen[hour],
    replied: said[hour],
  }));
  return { hours, replies };
}
