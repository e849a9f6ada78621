import { useComputedColorScheme } from '@mantine/core';
import { useElementSize, useMergedRef } from '@mantine/hooks';
import { useEffect, useRef } from 'react';
import UPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { ceiling, type Series } from '../rate';
import { secondTime } from './clock';
import css from './run.module.css';

const HEIGHT = 216;
const FOOT = 26;
const LINES = 4;
const FONT = "11px 'Inter Variable', system-ui, sans-serif";

/** A canvas knows no custom properties: they are read when it is drawn, so that it follows the theme. */
const token = (name: string) => () =>
  getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

const axis = { stroke: token('t2'), font: FONT, ticks: { show: false } };

function options(width: number, top: { current: number }): UPlot.Options {
  return {
    width,
    height: HEIGHT,
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
        grid: { stroke: token('line'), width: 1 },
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
  const { ref, width } = useElementSize();
  const box = useRef<HTMLDivElement>(null);
  const both = useMergedRef(ref, box);
  const plot = useRef<UPlot | null>(null);
  const top = useRef(1);
  const scheme = useComputedColorScheme('light');
  const ready = width > 0;
  const shown: UPlot.AlignedData = [data.at, data.allowed, data.sent];
  top.current = ceiling(data);
  const latest = useRef(shown);
  latest.current = shown;

  // biome-ignore lint/correctness/useExhaustiveDependencies: made once there is room; the width follows below.
  useEffect(() => {
    if (!ready || !box.current) return;
    const made = new UPlot(options(width, top), latest.current, box.current);
    plot.current = made;
    return () => {
      made.destroy();
      plot.current = null;
    };
  }, [ready]);
  useEffect(() => {
    if (width > 0) plot.current?.setSize({ width, height: HEIGHT });
  }, [width]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another theme is another drawing of the same data.
  useEffect(() => {
    plot.current?.setData([data.at, data.allowed, data.sent]);
  }, [data, scheme]);
  return <div ref={both} className={css.chart} dir="ltr" role="img" aria-label={label} />;
}
