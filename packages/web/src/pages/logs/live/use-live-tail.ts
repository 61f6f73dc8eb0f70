import { useEffect, useMemo, useSyncExternalStore } from 'react';
import type { ApiError } from '../../../api/error.ts';
import { chosenOrg } from '../../../api/org.ts';
import type { LogsQuestion } from '../logs-search.ts';
import type { RowList } from '../table/row.ts';
import { frameTimer } from './frame-timer.ts';
import { LiveBuffer, type LiveSnapshot, ROWS_MAX } from './live-buffer.ts';
import { openTail } from './tail-connection.ts';
import { eventTail, lineTail } from './tail-source.ts';

export type LiveState = 'connecting' | 'live' | 'paused' | 'away';

export interface LiveTail extends LiveSnapshot {
  rows: RowList;
  state: LiveState;
  /** Why the server refuses to send live events; it is not asked again by itself. */
  error: ApiError | null;
  pause(): void;
  resume(): void;
}

/** New events as they come, newest first, while the question says so; connects only then. */
export function useLiveTail(question: LogsQuestion): LiveTail {
  const { q, isLogql, isLive } = question;
  const { from, to } = question.range;
  const org = chosenOrg();
  const store = useMemo(() => liveStore({ org, q, isLogql, range: { from, to } }), [org, q, isLogql, from, to]);
  const isAsked = isLive && !(isLogql && q.trim() === '');
  useEffect(() => (isAsked ? store.open() : undefined), [store, isAsked]);
  const state = useSyncExternalStore(store.subscribe, store.get);
  return useMemo(() => ({ ...state, pause: store.pause, resume: store.resume }), [state, store]);
}

type StoreState = Omit<LiveTail, 'pause' | 'resume'>;

function stateOf(shown: LiveSnapshot, connection: Exclude<LiveState, 'paused'>, error: ApiError | null): StoreState {
  return { ...shown, error, state: shown.isPaused && connection === 'live' ? 'paused' : connection };
}

/** Between two changes of what is seen: nobody reads faster, and the frames between stay free. */
const FLUSH_INTERVAL_MS = 50;
/** While paused only a number changes. */
const PAUSED_INTERVAL_MS = 250;

/** Live events for React: however many come, it is told at the beginning of a frame, and not of every one. */
function liveStore(question: Pick<LogsQuestion, 'q' | 'isLogql' | 'range'> & { org: string | null }) {
  const source = question.isLogql ? lineTail(question) : eventTail(question);
  const buffer = new LiveBuffer(source);
  const listeners = new Set<() => void>();
  let incoming: string[] = [];
  let connection: 'connecting' | 'live' | 'away' = 'connecting';
  let error: ApiError | null = null;
  const stateNow = () => stateOf(buffer.snapshot(), connection, error);
  let state = stateNow();

  const flush = () => {
    const texts = incoming;
    incoming = [];
    buffer.take(texts);
    state = stateNow();
    for (const listener of listeners) listener();
  };
  // A hidden page gets no frames: what comes waits as text, and no more of it than would be kept.
  const frames = frameTimer(() => (state.isPaused ? PAUSED_INTERVAL_MS : FLUSH_INTERVAL_MS), flush);
  const schedule = () => {
    frames.ask();
    if (incoming.length > 2 * ROWS_MAX) incoming = incoming.slice(-ROWS_MAX);
  };
  const open = () => {
    const close = openTail({
      org: question.org,
      path: () => {
        flush();
        return source.path(buffer.newest);
      },
      onOpen: () => {
        buffer.connect();
        connection = 'live';
        error = null;
        schedule();
      },
      onMessage: (text) => {
        incoming.push(text);
        schedule();
      },
      onAway: (refusal) => {
        connection = 'away';
        error = refusal;
        schedule();
      },
    });
    return () => {
      close();
      frames.cancel();
    };
  };
  const paused = (isPaused: boolean) => () => {
    if (isPaused) buffer.pause();
    else buffer.resume();
    // What was pressed answers at once.
    flush();
  };
  return {
    open,
    pause: paused(true),
    resume: paused(false),
    get: () => state,
    subscribe: (listener: () => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
