import { absoluteRange, type TimeRange } from './time.ts';

/** A link to what the page shows: its times as they are, or fixed to what they mean now. */
export function pageLink(address: string, range: TimeRange, { isAbsolute = false, nowMs = 0 } = {}): string {
  const url = new URL(address);
  url.hash = '';
  const { from, to } = isAbsolute ? absoluteRange(range, nowMs) : range;
  url.searchParams.set('from', from);
  if (to === '') url.searchParams.delete('to');
  else url.searchParams.set('to', to);
  // Live has no end.
  if (isAbsolute) url.searchParams.delete('live');
  return url.href;
}
