import { useMemo, useRef } from 'react';
import type UPlot from 'uplot';
import { ceiling, type Series } from '../rate';
import { secondTime } from './clock';
import css from './run.module.css';
import { axis, grid, token, usePlot } from './usePlot';

const FOOT = 26;
const LINES = 4;

function options(width: number, height: number, top: { current: number }): UPlot.Options {
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
        size: FOOT,
        space: 90,
        incrs: [5, 10, 30, 60, 120, 300],
        values: (_, seconds) => seconds.map((second) => secondTime(second * 1000)),
      },
      {
        ...axis,
        size: 40,
        grid,
        splits: () => Array.from({ length: LINES + 1 }, (_, index) => (top.current / LINES) * index),
        values: (_, rates) => rates.map((one) => String(Math.round(one * 10) / 10)),
      },
    ],
    series: [
      {},
      { stroke: token('ctl'), width: 1.5, dash: [4, 4], points: { show: false }, spanGaps: false },
      { stroke: token('ac'), width: 1.75, points: { show: false }, spanGaps: false },
    ],
  };
}

/** Moves by whole seconds; time runs the same way in every language. */
export default function RateChart({ data, label }: { data: Series; label: string }) {
  const top = useRef(1);
  top.current = ceiling(data);
  const shown = useMemo<UPlot.AlignedData>(() => [data.at, data.allowed, data.sent], [data]);
  const ref = usePlot((width, height) => options(width, height, top), shown);
  return <div ref={ref} className={css.chart} dir="ltr" role="img" aria-label={label} />;
}
