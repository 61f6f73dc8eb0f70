import type { TraceView } from './lane-marks.ts';

const SPAN_MS_MIN = 0.001;
const STEPS = [1, 2, 5, 10];

/** The part of the trace that the URL names, `12.5~340`; the whole of it otherwise. */
export function parseView(text: string, spanMs: number): TraceView {
  const found = /^(\d+(?:\.\d+)?)~(\d+(?:\.\d+)?)$/.exec(text);
  const [fromMs, toMs] = [Number(found?.[1] ?? 0), Number(found?.[2] ?? spanMs)];
  return toMs > fromMs && fromMs < spanMs ? { fromMs, toMs: Math.min(toMs, spanMs) } : wholeView(spanMs);
}

/** A trace of one moment is shown as a millisecond. */
export const wholeView = (spanMs: number): TraceView => ({ fromMs: 0, toMs: Math.max(spanMs, 1) });

/** The text for the URL: empty for the whole. */
export function viewText(view: TraceView, spanMs: number): string {
  const { fromMs, toMs } = view;
  return fromMs <= 0 && toMs >= spanMs ? '' : `${Number(fromMs.toFixed(6))}~${Number(toMs.toFixed(6))}`;
}

/** The view made longer or shorter by a factor around a moment, within the trace. */
export function zoomed({ fromMs, toMs }: TraceView, factor: number, aroundMs: number, spanMs: number): TraceView {
  const whole = wholeView(spanMs);
  const length = Math.min(whole.toMs, Math.max(SPAN_MS_MIN, (toMs - fromMs) * factor));
  const share = (aroundMs - fromMs) / (toMs - fromMs);
  const place = share >= 0 && share <= 1 ? share : 0.5;
  const start = Math.min(Math.max(0, aroundMs - place * length), whole.toMs - length);
  return { fromMs: start, toMs: start + length };
}

/** Moments of round length for an axis, about `count` of them. */
export function ticksOf({ fromMs, toMs }: TraceView, count: number): number[] {
  const rough = (toMs - fromMs) / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * STEPS.find((one) => one * power >= rough * 0.999)!;
  const first = Math.ceil(fromMs / step - 1e-9);
  const last = Math.floor(toMs / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, index) => Number(((first + index) * step).toPrecision(12)));
}
