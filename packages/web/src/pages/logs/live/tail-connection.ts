import { apiFetch } from '../../../api/client.ts';
import { ApiError, isPassing } from '../../../api/error.ts';
import { reachable } from '../../../api/reachable.ts';

const BACKOFF_MS_MIN = 500;
const BACKOFF_MS_MAX = 10_000;

interface TailListener {
  /** The org that was chosen; null for that of the session. */
  org: string | null;
  /** Where to connect to. Asked again for each connection. */
  path(): string;
  onOpen(): void;
  onMessage(text: string): void;
  /** The connection is gone, or could not be made. It is tried again, unless `error` says that it would be refused. */
  onAway(error: ApiError | null): void;
}

/** Keeps a WebSocket to the server open. Answers the function that ends it. */
export function openTail(listener: TailListener): () => void {
  let socket: WebSocket | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;
  let isClosed = false;

  const connect = () => {
    clearTimeout(timer);
    const path = listener.path();
    const { org } = listener;
    const url = new URL(path, location.href.replace(/^http/, 'ws'));
    const opened = new WebSocket(url, org === null ? ['tailwater'] : ['tailwater', `tailwater.org.${org}`]);
    socket = opened;
    let wasOpen = false;
    opened.onopen = () => {
      wasOpen = true;
      failures = 0;
      if (!isClosed) listener.onOpen();
    };
    opened.onmessage = ({ data }) => {
      if (!isClosed) listener.onMessage(data as string);
    };
    opened.onclose = ({ code }) => {
      if (isClosed || socket !== opened) return;
      socket = null;
      // A browser does not say why a connection was refused; the same question over HTTP does.
      const asked = wasOpen && code !== POLICY_VIOLATION ? Promise.resolve(null) : refusalOf(path);
      void asked.then((error) => !isClosed && wait(error));
    };
  };
  const wait = (error: ApiError | null) => {
    listener.onAway(error);
    if (error !== null && !isPassing(error)) return;
    const backoffMs = Math.min(BACKOFF_MS_MAX, BACKOFF_MS_MIN * 2 ** failures) * (0.75 + Math.random() / 2);
    failures += 1;
    timer = setTimeout(connect, error?.retryAfterMs ?? backoffMs);
  };
  const unsubscribe = reachable.subscribe(() => {
    if (reachable.get() && socket === null && !isClosed) connect();
  });
  connect();
  return () => {
    isClosed = true;
    clearTimeout(timer);
    unsubscribe();
    socket?.close();
  };
}

/** The code with which the server ends a connection whose key or session is over. */
const POLICY_VIOLATION = 1008;

/** Why the server would refuse the question; null when it would not. */
async function refusalOf(path: string): Promise<ApiError | null> {
  const abort = new AbortController();
  try {
    const isLoki = path.startsWith('/loki/');
    await apiFetch(isLoki ? path.replace('/tail?', '/query_range?') : path.replace(/backfill=\d+/, 'backfill=0'), {
      signal: abort.signal,
    });
    return null;
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  } finally {
    abort.abort();
  }
}
