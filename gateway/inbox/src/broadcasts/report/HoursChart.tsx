import { useMemo, useRef } from 'react';
import type UPlot from 'uplot';
import { number } from '../../i18n/format';
import { axis, grid, token, usePlot } from '../run/usePlot';
import type { Lines } from './hours';
import { LINES, peak } from './hours';
import css from './report.module.css';

const QUARTERS = 4;
const COLOURS = { delivered: 'blu', read: 'ac', replied: 'vio' } as const;

function options(
  width: number,
  height: number,
  top: { current: number },
  hour: (hours: number) => string,
): UPlot.Options {
  return {
    width,
    height,
    padding: [12, 28, 0, 0],
    legend: { show: false },
    cursor: { show: false },
    scales: { x: { time: false }, y: { range: () => [0, top.current] } },
    axes: [
      {
        ...axis,
        grid: { show: false },
        size: 26,
        space: 70,
        incrs: [1, 2, 4, 8, 12, 24],
        values: (_, hours) => hours.map(hour),
      },
      {
        ...axis,
        size: 56,
        grid,
        splits: () => Array.from({ length: QUARTERS + 1 }, (_, index) => (top.current / QUARTERS) * index),
        values: (_, people) => people.map(number),
      },
    ],
    series: [
      {},
      ...LINES.map((key) => ({ stroke: token(COLOURS[key]), width: 1.75, points: { show: false } })),
    ],
  };
}

type Props = { data: Lines; label: string; hour: (hours: number) => string };

/** Time runs the same way in every language. */
export default function HoursChart({ data, label, hour }: Props) {
  const top = useRef(1);
  top.current = peak(Math.max(...LINES.map((key) => data[key].at(-1) ?? 0)));
  const shown = useMemo<UPlot.AlignedData>(() => [data.hours, ...LINES.map((key) => data[key])], [data]);
  const ref = usePlot((width, height) => options(width, height, top, hour), shown);
  return <div ref={ref} className={css.hours} dir="ltr" role="img" aria-label={label} />;
}
