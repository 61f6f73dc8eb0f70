import { formatCount, formatDuration, plural } from '../../lib/format.ts';
import { formatAgo } from '../../lib/time.ts';
import type { Integration } from './integration-queries.ts';

export interface StateWords {
  label: string;
  kind: 'neutral' | 'good' | 'warn' | 'bad' | 'accent';
  /** What that means here and now, and what can be done. */
  sentence: string;
}

/** How an integration is, in words. */
export function stateWords(
  { status, disabled_reason }: Pick<Integration, 'status' | 'disabled_reason'>,
  nowMs: number,
): StateWords {
  const said = status.last_error === null ? '' : ` It said: ${status.last_error}`;
  switch (status.state) {
    case 'disabled': {
      const why = disabled_reason === null ? '' : ` The server disabled it: ${disabled_reason}.`;
      return {
        label: 'Disabled',
        kind: disabled_reason === null ? 'neutral' : 'bad',
        sentence: `Nothing is forwarded, and the journal is not kept for it.${why} Enable it to go on.`,
      };
    }
    case 'stopped':
      return {
        label: 'Stopped',
        kind: 'bad',
        sentence: `Its settings cannot be used: ${status.last_error ?? 'the server does not say why'}. Edit them to go on.`,
      };
    case 'paused':
      return {
        label: 'Paused',
        kind: 'bad',
        sentence: `The destination refuses its credentials or settings; ${waiting(status)}. Set them anew to go on.${said}`,
      };
    case 'retrying':
      return {
        label: 'Failing',
        kind: 'warn',
        sentence: `The destination fails; ${waiting(status)}, none is lost. ${nextAttempt(status, nowMs)}${said}`,
      };
    default:
      return workingWords(status, nowMs);
  }
}

/** While the destination takes events, or at least answers. */
function workingWords(status: Integration['status'], nowMs: number): StateWords {
  const { state, delivered, rejected, last_delivery_at } = status;
  const refused =
    rejected === 0 ? '' : ` It refused ${plural(rejected, 'event')} for good since the start: they are dead letters.`;
  if (delivered === 0 && rejected > 0) {
    return { label: 'All refused', kind: 'bad', sentence: `The destination answers, but takes nothing.${refused}` };
  }
  if (state === 'delivering') {
    const way = `${capital(waiting(status))}; delivery goes on.`;
    return { label: 'Delivering', kind: 'accent', sentence: way + refused };
  }
  const last =
    last_delivery_at === null
      ? 'Nothing waits. The next event that its filter selects is forwarded.'
      : `Everything is delivered; the last events went ${formatAgo(last_delivery_at, nowMs)}.`;
  return { label: 'Up to date', kind: 'good', sentence: last + refused };
}

function waiting({ lag_events, lag_seconds }: Integration['status']): string {
  if (lag_events === 0) return 'no event waits';
  const verb = lag_events === 1 ? 'waits' : 'wait';
  return `${plural(lag_events, 'event')} ${verb}, the oldest for ${lagDuration(lag_seconds)}`;
}

/** To the second. */
export const lagDuration = (seconds: number): string =>
  seconds < 1 ? 'less than a second' : formatDuration(Math.round(seconds) * 1000);

function nextAttempt({ next_attempt_at }: Integration['status'], nowMs: number): string {
  if (next_attempt_at === null || Date.parse(next_attempt_at) <= nowMs) return 'It is tried again now.';
  return `It is tried again ${formatAgo(next_attempt_at, nowMs)}.`;
}

/** The same in a few characters, for a list. */
export function lagWords({ lag_events, lag_seconds }: Integration['status']): string {
  if (lag_events === 0) return 'none';
  return `${formatCount(lag_events)} in ${lagDuration(lag_seconds)}`;
}

export function replayWords(replay: NonNullable<Integration['replay']>): string {
  // What came in meanwhile can be among them: only on the way the whole tells something.
  const whole = replay.total === null || replay.state === 'done' ? '' : ` of ${formatCount(replay.total)}`;
  const sent = `${formatCount(replay.delivered)}${whole} events sent`;
  const refused = replay.rejected === 0 ? '' : `, ${formatCount(replay.rejected)} refused (they are dead letters)`;
  switch (replay.state) {
    case 'running':
      return `Under way: ${sent}${refused}.`;
    case 'done':
      return `Done: ${sent}${refused}.`;
    case 'cancelled':
      return `Ended before its time: ${sent}${refused}. What was sent is sent.`;
    default:
      return `Failed: ${replay.error ?? 'the server does not say why'}. ${capital(sent)}${refused}.`;
  }
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
