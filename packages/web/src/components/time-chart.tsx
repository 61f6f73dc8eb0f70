import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { theme } from '../app/theme.ts';
import { formatCompact } from '../lib/format.ts';
import { formatTick, type TimeZone } from '../lib/time.ts';
import { rowAt, stack } from './chart-stack.ts';

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
  /** Dashed lines over the others, for themselves also where those are stacked: what was before. */
  overlay?: readonly ChartSeries[];
  zone: TimeZone;
  height?: number;
  formatValue?(value: number): string;
  /** A stretch was drawn with the mouse or the finger: its ends in milliseconds. */
  onBrush?(fromMs: number, toMs: number): void;
  /** The place under the pointer, null when it left. */
  onHover?(index: number | null): void;
  /** One interval was clicked, and of stacked bars the series that was hit; null beside them. */
  onSelect?(index: number, series: string | null): void;
  /** Intervals that are marked, the first and the last: what was chosen by keyboard. */
  marked?: readonly [first: number, last: number] | null;
}

const BOX = 'w-full min-w-0 [&_.u-select]:bg-accent/25!';
const BARS = uPlot.paths.bars!({ size: [0.86, 60], align: 1 });
const NONE: readonly ChartSeries[] = [];

/** Values over time, drawn by uPlot. Beside it stands a legend or table that says the same in text. */
export function TimeChart(props: TimeChartProps) {
  const { series, overlay = NONE, kind, isStacked, height, zone } = props;
  // Everything that needs a new plot; new values alone do not.
  const looks = [...series, ...overlay].map(({ name, colour }) => [name, colour]);
  const shape = JSON.stringify([looks, series.length, kind, isStacked, height, zone]);
  return <Plot key={shape} {...props} />;
}

function Plot(props: TimeChartProps) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const latest = useRef(props);
  latest.current = props;
  const { times, series, overlay = NONE, isStacked = false, label } = props;

  useEffect(() => {
    const element = box.current!;
    const make = () => {
      plot.current?.destroy();
      plot.current = new uPlot(optionsOf(latest, element), dataOf(latest.current), element);
    };
    make();
    const resized = new ResizeObserver(() => {
      plot.current?.setSize({ width: element.clientWidth, height: heightOf(latest.current) });
    });
    resized.observe(element);
    const unsubscribe = theme.subscribe(make);
    return () => {
      resized.disconnect();
      unsubscribe();
      plot.current?.destroy();
      plot.current = null;
    };
  }, []);

  useEffect(
    () => plot.current?.setData(dataOf({ times, series, overlay, isStacked })),
    [times, series, overlay, isStacked],
  );
  const { marked, intervalMs } = props;
  useEffect(() => {
    if (plot.current !== null && marked !== undefined) mark(plot.current, marked, { times, intervalMs });
  }, [marked, times, intervalMs]);

  return (
    <div
      ref={box}
      role="img"
      aria-label={label}
      className={props.onSelect === undefined ? BOX : `${BOX} [&_.u-over]:cursor-pointer`}
    />
  );
}

const heightOf = ({ height = 140 }: TimeChartProps): number => height;

function dataOf({
  times,
  series,
  overlay = NONE,
  isStacked = false,
}: Pick<TimeChartProps, 'times' | 'series' | 'overlay' | 'isStacked'>): uPlot.AlignedData {
  const rows = series.map(({ values }) => values);
  const shown = [...(isStacked ? stack(rows) : rows), ...overlay.map(({ values }) => values)];
  return [times.map((ms) => ms / 1000), ...shown] as uPlot.AlignedData;
}

function optionsOf(latest: { readonly current: TimeChartProps }, element: HTMLElement): uPlot.Options {
  const { series, overlay = NONE, kind, isStacked = false, zone, formatValue = formatCompact } = latest.current;
  const style = getComputedStyle(element);
  const colourOf = (text: string) => text.replace(/var\((--[\w-]+)\)/, (_, name) => style.getPropertyValue(name));
  const axis = {
    stroke: colourOf('var(--muted)'),
    grid: { stroke: colourOf('var(--line)'), width: 1 },
    ticks: { show: false },
  };
  const drawn = isStacked ? series.toReversed() : series;
  return {
    width: element.clientWidth,
    height: heightOf(latest.current),
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
        // As wide as a time with seconds, and a gap.
        space: 72,
      },
      { ...axis, values: (self, ticks) => valueLabels(self, ticks, formatValue), size: 52 },
    ],
    series: [
      {},
      ...drawn.map((one) => seriesOf(one, kind, colourOf)),
      ...overlay.map((one) => seriesOf(one, 'dashed', colourOf)),
    ],
    hooks: {
      setSelect: [(self) => tellBrush(self, latest.current)],
      setCursor: [(self) => latest.current.onHover?.(indexAt(self, latest.current))],
      ready: [(self) => self.over.addEventListener('click', () => tellSelect(self, latest.current))],
    },
  };
}

/** Where everything is 0 no other value is told; none is told twice. */
function valueLabels(self: uPlot, ticks: readonly number[], formatValue: (value: number) => string): string[] {
  const isFlat = self.series.slice(1).every(({ max }) => !max);
  const texts = ticks.map((tick) => (isFlat && tick > 0 ? '' : formatValue(tick)));
  return texts.map((text, index) => (text === texts[index - 1] ? '' : text));
}

function seriesOf(
  { name, colour }: ChartSeries,
  kind: TimeChartProps['kind'] | 'dashed',
  colourOf: (text: string) => string,
): uPlot.Series {
  const stroke = colourOf(colour);
  if (kind === 'bars') return { label: name, fill: stroke, stroke, width: 0, paths: BARS, points: { show: false } };
  return { label: name, stroke, width: 1.5, points: { show: false }, ...(kind === 'dashed' && { dash: [4, 4] }) };
}

/** The interval under the pointer: a bar stands on the right of its time, a point of a line on both sides. */
function indexAt(self: uPlot, { kind, times }: TimeChartProps): number | null {
  const { idx, left } = self.cursor;
  if (typeof idx !== 'number') return null;
  const isLeftOf = kind === 'bars' && idx > 0 && self.posToVal(left ?? 0, 'x') * 1000 < times[idx]!;
  return isLeftOf ? idx - 1 : idx;
}

function tellSelect(self: uPlot, props: TimeChartProps): void {
  const index = indexAt(self, props);
  if (self.select.width > 0 || index === null || props.onSelect === undefined) return;
  const { series, isStacked = false } = props;
  const height = self.posToVal(self.cursor.top ?? 0, 'y');
  const rows = series.map(({ values }) => values);
  const place = isStacked ? rowAt(rows, index, height) : null;
  props.onSelect(index, place === null ? null : series[place]!.name);
}

function mark(
  self: uPlot,
  marked: readonly [number, number] | null,
  { times, intervalMs }: Pick<TimeChartProps, 'times' | 'intervalMs'>,
): void {
  const first = times[marked?.[0] ?? -1];
  const last = times[marked?.[1] ?? -1];
  if (first === undefined || last === undefined) {
    if (self.select.width > 0) self.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
    return;
  }
  const left = self.valToPos(first / 1000, 'x');
  const width = self.valToPos((last + intervalMs) / 1000, 'x') - left;
  self.setSelect({ left, width, top: 0, height: self.over.clientHeight }, false);
}

function tellBrush(self: uPlot, { onBrush }: TimeChartProps): void {
  const { left, width } = self.select;
  if (width < 4 || onBrush === undefined) return;
  const [fromMs, toMs] = [left, left + width].map((x) => Math.round(self.posToVal(x, 'x') * 1000)) as [number, number];
  self.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
  onBrush(fromMs, toMs);
}
