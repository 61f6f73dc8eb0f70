import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { theme } from '../app/theme.ts';
import { formatCompact } from '../lib/format.ts';
import { formatTick, type TimeZone } from '../lib/time.ts';

export interface ChartSeries {
  name: string;
  /** A CSS colour; `var(--…)` follows the theme. */
  colour: string;
  /** One for each time; null where nothing is known. */
  values: readonly (number | null)[];
}

export interface TimeChartProps {
  /** What is shown, in words, for those who do not see it. */
  label: string;
  /** Milliseconds since the epoch, ascending: the start of each interval. */
  times: readonly number[];
  intervalMs: number;
  series: readonly ChartSeries[];
  kind: 'bars' | 'line';
  /** Values stand on each other, the first at the bottom. */
  isStacked?: boolean;
  zone: TimeZone;
  height?: number;
  formatValue?(value: number): string;
  /** A stretch was drawn with the mouse or the finger: its ends in milliseconds. */
  onBrush?(fromMs: number, toMs: number): void;
  /** The place under the pointer, null when it left. */
  onHover?(index: number | null): void;
  /** One interval was clicked. */
  onSelect?(index: number): void;
}

/** Values over time, drawn by uPlot. Beside it stands a legend or table that says the same in text. */
export function TimeChart(props: TimeChartProps) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const latest = useRef(props);
  latest.current = props;
  const { times, series, kind, isStacked = false, height = 140, label, zone } = props;
  const shape = JSON.stringify([series.map(({ name, colour }) => [name, colour]), kind, isStacked, height, zone]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: `shape` stands for everything that needs a new plot
  useEffect(() => {
    const element = box.current!;
    const make = () => {
      plot.current?.destroy();
      plot.current = new uPlot(optionsOf(latest, element), dataOf(latest.current), element);
    };
    make();
    const resized = new ResizeObserver(() => plot.current?.setSize({ width: element.clientWidth, height }));
    resized.observe(element);
    const unsubscribe = theme.subscribe(make);
    return () => {
      resized.disconnect();
      unsubscribe();
      plot.current?.destroy();
      plot.current = null;
    };
  }, [shape]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the data are made of these
  useEffect(() => plot.current?.setData(dataOf(latest.current)), [times, series]);

  return <div ref={box} role="img" aria-label={label} className="w-full min-w-0" />;
}

function dataOf({ times, series, isStacked = false }: TimeChartProps): uPlot.AlignedData {
  const rows = series.map(({ values }) => values);
  const shown = isStacked ? stack(rows) : rows;
  return [times.map((ms) => ms / 1000), ...shown] as uPlot.AlignedData;
}

/** Sums from the bottom, the whole first: the highest is drawn first and the lower ones over it. */
function stack(rows: readonly (readonly (number | null)[])[]): number[][] {
  const sums: number[][] = [];
  for (const row of rows) {
    const below = sums.at(-1);
    sums.push(row.map((value, index) => (value ?? 0) + (below?.[index] ?? 0)));
  }
  return sums.toReversed();
}

function optionsOf(latest: { readonly current: TimeChartProps }, element: HTMLElement): uPlot.Options {
  const { series, kind, isStacked = false, height = 140, zone, formatValue = formatCompact } = latest.current;
  const style = getComputedStyle(element);
  const colourOf = (text: string) => text.replace(/var\((--[\w-]+)\)/, (_, name) => style.getPropertyValue(name));
  const axis = {
    stroke: colourOf('var(--muted)'),
    grid: { stroke: colourOf('var(--line)'), width: 1 },
    ticks: { show: false },
  };
  const drawn = isStacked ? series.toReversed() : series;
  const bars = uPlot.paths.bars!({ size: [0.86, 60], align: 1 });
  return {
    width: element.clientWidth,
    height,
    legend: { show: false },
    cursor: {
      y: false,
      drag: { x: latest.current.onBrush !== undefined, y: false, setScale: false },
      points: { show: kind === 'line' },
    },
    scales: {
      x: { time: true, range: (_, min, max) => [min, max + latest.current.intervalMs / 1000] },
      y: { range: (_, __, max) => [0, max > 0 ? max * 1.05 : 1] },
    },
    axes: [
      {
        ...axis,
        values: (_, ticks, __, ___, stepS) => ticks.map((tick) => formatTick(tick * 1000, zone, stepS * 1000)),
        size: 24,
      },
      { ...axis, values: (_, ticks) => ticks.map((tick) => formatValue(tick)), size: 52 },
    ],
    series: [
      {},
      ...drawn.map(({ name, colour }): uPlot.Series => {
        const stroke = colourOf(colour);
        return kind === 'bars'
          ? { label: name, fill: stroke, stroke, width: 0, paths: bars, points: { show: false } }
          : { label: name, stroke, width: 1.5, points: { show: false } };
      }),
    ],
    hooks: {
      setSelect: [(self) => tellBrush(self, latest.current)],
      setCursor: [(self) => latest.current.onHover?.(self.cursor.idx ?? null)],
      ready: [
        (self) =>
          self.over.addEventListener('click', () => {
            const { idx } = self.cursor;
            if (self.select.width === 0 && typeof idx === 'number') latest.current.onSelect?.(idx);
          }),
      ],
    },
  };
}

function tellBrush(self: uPlot, { onBrush }: TimeChartProps): void {
  const { left, width } = self.select;
  if (width < 4 || onBrush === undefined) return;
  const [fromMs, toMs] = [left, left + width].map((x) => Math.round(self.posToVal(x, 'x') * 1000)) as [number, number];
  self.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
  onBrush(fromMs, toMs);
}
