import { Parts } from './parts.ts';
import { mergeOf } from './reduce.ts';
import { eachWindow, slide } from './slide.ts';

/** Where a window starts and ends, in milliseconds on the scale of Parts.times. */
export interface WindowSpan {
  startMs: number;
  endMs: number;
}

/**
 * The rate per second of a counter over each window, as Prometheus extrapolates it
 * (https://prometheus.io/docs/prometheus/latest/querying/functions/#rate), but 0 for a single sample.
 */
export function slideCounter(
  parts: Parts,
  steps: number,
  span: (step: number) => WindowSpan,
  emit: (step: number, value: number) => void,
): void {
  const ends = sampleEnds(parts);
  const resets = resetParts(parts);
  // What was counted before the resets of each window; a window without any is not set.
  const lost = new Map<number, number>();
  if (resets !== null) slide(resets, steps, mergeOf('sum'), (step, part) => lost.set(step, part.value));
  eachWindow(parts, steps, (step, low, high) => {
    const first = low === 0 ? 0 : ends[low - 1]!;
    const last = ends[high - 1]! - 1;
    if (first === last) {
      emit(step, 0);
      return;
    }
    const increase = parts.values[last]! - parts.values[first]! + (lost.get(step) ?? 0);
    emit(step, extrapolate(parts, first, last, increase, span(step)));
  });
}

function extrapolate(parts: Parts, first: number, last: number, increase: number, span: WindowSpan): number {
  const sampledMs = parts.times[last]! - parts.times[first]!;
  const averageMs = sampledMs / (last - first);
  const thresholdMs = averageMs * 1.1;
  let leftMs = parts.times[first]! - span.startMs;
  let rightMs = span.endMs - parts.times[last]!;
  if (leftMs >= thresholdMs) leftMs = averageMs / 2;
  // A counter is not negative: it may not be extended to before it was zero.
  const firstValue = parts.values[first]!;
  if (increase > 0 && firstValue >= 0) leftMs = Math.min(leftMs, sampledMs * (firstValue / increase));
  if (rightMs >= thresholdMs) rightMs = averageMs / 2;
  return (increase * ((sampledMs + leftMs + rightMs) / sampledMs)) / ((span.endMs - span.startMs) / 1000);
}

/** Behind which sample each part ends. */
function sampleEnds(parts: Parts): number[] {
  const ends: number[] = [];
  let end = 0;
  for (const count of parts.count) {
    end += count;
    ends.push(end);
  }
  return ends;
}

/**
 * For each fall of the counter the value before it, in the windows that have both samples: from where the later one
 * enters to where the earlier one leaves. Null when it never falls.
 */
function resetParts(parts: Parts): Parts | null {
  let resets: Parts | null = null;
  let part = 0;
  let end = parts.count[0] ?? 0;
  let previousTo = parts.to[0] ?? 0;
  for (let i = 1; i < parts.values.length; i++) {
    if (i === end) end += parts.count[++part]!;
    if (parts.values[i]! < parts.values[i - 1]! && parts.from[part]! < previousTo) {
      resets ??= new Parts('sum', mergeOf('sum'));
      resets.add(parts.from[part]!, previousTo, 0, 1, parts.values[i - 1]!, 0);
    }
    previousTo = parts.to[part]!;
  }
  return resets;
}
