/** A graph of values over time on a canvas, in the colours of the theme. */

import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import { cx } from './cx.ts';
import styles from './time-chart.module.css';

export interface TimeChartProps {
  /** What is to be seen, in words: the canvas itself says nothing. */
  readonly label: string;
  /** Seconds since 1970, ascending. */
  readonly times: readonly number[];
  readonly values: readonly number[];
  /** Seconds shown at least. */
  readonly span: number;
  readonly formatValue: (value: number) => string;
  readonly formatTime: (seconds: number) => string;
  /** Words for the sample under the pointer. */
  readonly describe: (index: number) => string;
}

const HEIGHT = 176;

export function TimeChart({ label, times, values, span, formatValue, formatTime, describe }: TimeChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const readout = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const latest = useRef({ formatValue, formatTime, describe, span, data: [[], []] as [number[], number[]] });
  latest.current = { formatValue, formatTime, describe, span, data: [[...times], [...values]] };

  useEffect(() => {
    const element = place.current!;
    const draw = () => {
      plot.current?.destroy();
      plot.current = new uPlot(optionsOf(element, readout.current!, latest), latest.current.data, element);
    };
    draw();
    // Colours are read when it is drawn: a new theme means a new drawing.
    const themes = new MutationObserver(draw);
    themes.observe(document.documentElement, { attributeFilter: ['data-theme'] });
    const system = matchMedia('(prefers-color-scheme: dark)');
    system.addEventListener('change', draw);
    const sizes = new ResizeObserver(() => plot.current?.setSize({ width: element.clientWidth, height: HEIGHT }));
    sizes.observe(element);
    return () => {
      themes.disconnect();
      system.removeEventListener('change', draw);
      sizes.disconnect();
      plot.current?.destroy();
      plot.current = undefined;
    };
  }, []);

  useEffect(() => {
    plot.current?.setData([[...times], [...values]]);
  }, [times, values]);

  return (
    <div className={cx(styles.chart)}>
      <div ref={place} role="img" aria-label={label} className={cx(styles.canvas)} />
      <div ref={readout} aria-hidden className={cx(styles.readout)} />
    </div>
  );
}

interface Latest {
  readonly current: {
    readonly formatValue: (value: number) => string;
    readonly formatTime: (seconds: number) => string;
    readonly describe: (index: number) => string;
    readonly span: number;
  };
}

function optionsOf(element: HTMLElement, readout: HTMLElement, latest: Latest): uPlot.Options {
  const style = getComputedStyle(element);
  const colour = (property: string) => {
    // Tokens are light-dark(): only a used colour is a colour.
    readout.style.color = `var(${property})`;
    const used = getComputedStyle(readout).color;
    readout.style.color = '';
    return used;
  };
  const accent = colour('--accent');
  const font = `12px ${style.fontFamily}`;
  const axis: uPlot.Axis = {
    stroke: colour('--text-muted'),
    font,
    grid: { stroke: colour('--border'), width: 1 },
    ticks: { show: false },
  };
  return {
    width: element.clientWidth,
    height: HEIGHT,
    padding: [8, 12, 0, 0],
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 7, fill: accent } },
    scales: {
      x: {
        time: true,
        range: (_plot, _min, max) => {
          const end = max ?? Date.now() / 1000;
          return [end - latest.current.span, end];
        },
      },
      y: { range: (_plot, _min, max) => [0, Math.max(1e6, (max ?? 0) * 1.15)] },
    },
    axes: [
      {
        ...axis,
        size: 26,
        gap: 6,
        grid: { show: false },
        space: 90,
        values: (_plot, splits) => splits.map((split) => latest.current.formatTime(split)),
      },
      {
        ...axis,
        size: 64,
        space: 30,
        values: (_plot, splits) => splits.map((split) => latest.current.formatValue(split)),
      },
    ],
    series: [
      {},
      {
        stroke: accent,
        width: 1.75,
        fill: colour('--accent-soft'),
        points: { show: false },
        ...(uPlot.paths.spline && { paths: uPlot.paths.spline() }),
      },
    ],
    hooks: {
      setCursor: [
        ({ cursor: { idx, left = -1 } }) => {
          const shown = typeof idx === 'number' && left >= 0;
          readout.textContent = shown ? latest.current.describe(idx) : '';
        },
      ],
    },
  };
}
