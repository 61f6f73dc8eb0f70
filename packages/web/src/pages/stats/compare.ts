import { formatCount } from '../../lib/format.ts';

export interface Change {
  direction: 'up' | 'down' | 'same';
  text: string;
}

/** How a number differs from the one of the period before: `+12 %`, `×14`, `none before`. */
export function changeOf(now: number, before: number): Change {
  if (now === before) return { direction: 'same', text: 'as before' };
  if (before === 0) return { direction: 'up', text: 'none before' };
  const ratio = now / before;
  const direction = ratio > 1 ? 'up' : 'down';
  if (ratio >= 10) return { direction, text: `×${formatCount(Math.round(ratio))}` };
  const percent = (ratio - 1) * 100;
  const sign = percent > 0 ? '+' : '−';
  const size = Math.abs(percent);
  return { direction, text: `${sign}${size < 1 ? size.toFixed(1) : Math.round(size)} %` };
}

/** The same for a share: in points of a percent. */
export function pointsOf(now: number, before: number): Change {
  const points = (now - before) * 100;
  if (Math.abs(points) < 0.005) return { direction: 'same', text: 'as before' };
  const sign = points > 0 ? '+' : '−';
  return { direction: points > 0 ? 'up' : 'down', text: `${sign}${Math.abs(points).toFixed(2)} points` };
}
