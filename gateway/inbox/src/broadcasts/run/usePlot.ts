import { useComputedColorScheme } from '@mantine/core';
import { useElementSize, useMergedRef } from '@mantine/hooks';
import { useEffect, useRef } from 'react';
import UPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';

const FONT = "11px 'Inter Variable', system-ui, sans-serif";

/** A canvas knows no custom properties: they are read when it is drawn, so that it follows the theme. */
export const token = (name: string) => () =>
  getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

export const axis = { stroke: token('t2'), font: FONT, ticks: { show: false } };
export const grid = { stroke: token('line'), width: 1 };

/** Lines in the element of the answer, which has the height of its class; made once there is room. */
export function usePlot(options: (width: number, height: number) => UPlot.Options, shown: UPlot.AlignedData) {
  const { ref, width, height } = useElementSize();
  const box = useRef<HTMLDivElement>(null);
  const both = useMergedRef(ref, box);
  const plot = useRef<UPlot | null>(null);
  const scheme = useComputedColorScheme('light');
  const ready = width > 0 && height > 0;
  const latest = useRef(shown);
  latest.current = shown;

  // biome-ignore lint/correctness/useExhaustiveDependencies: made once there is room; the size follows below.
  useEffect(() => {
    if (!ready || !box.current) return;
    const made = new UPlot(options(width, height), latest.current, box.current);
    plot.current = made;
    return () => {
      made.destroy();
      plot.current = null;
    };
  }, [ready]);
  useEffect(() => {
    if (ready) plot.current?.setSize({ width, height });
  }, [ready, width, height]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another theme is another drawing of the same data.
  useEffect(() => {
    plot.current?.setData(shown);
  }, [shown, scheme]);
  return both;
}
