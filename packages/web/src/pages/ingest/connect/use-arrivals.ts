import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { answerOf, api } from '../../../api/client.ts';
import { chosenOrg } from '../../../api/org.ts';

/** An event that came in while somebody watched. */
export interface Arrival {
  event_id: string;
  timestamp: string;
  severity: string;
  service: string;
  message: string;
}

const SHOWN_MAX = 5;
const RECONNECT_DELAY_MS = 1_000;
const ASK_INTERVAL_MS = 2_000;

/** The newest events of a receiver since the component is there, and how many. Starts over with another receiver. */
export function useArrivals(receiver: string): { count: number; newest: readonly Arrival[]; isWatching: boolean } {
  const [state, setState] = useState<{ count: number; newest: readonly Arrival[] }>({ count: 0, newest: [] });
  const [isWatching, setWatching] = useState(false);
  useEffect(() => {
    setState({ count: 0, newest: [] });
    let timer: ReturnType<typeof setTimeout> | undefined;
    let socket: WebSocket;
    let isGone = false;
    const connect = () => {
      const url = new URL('/api/logs/tail', location.href);
      url.protocol = url.protocol.replace('http', 'ws');
      url.search = new URLSearchParams({ receiver, backfill: '0' }).toString();
      const org = chosenOrg();
      socket = new WebSocket(url, org === null ? ['tailwater'] : ['tailwater', `tailwater.org.${org}`]);
      socket.onopen = () => setWatching(true);
      socket.onmessage = ({ data }) => {
        const message = JSON.parse(String(data)) as { type: string; event?: Arrival };
        const { event } = message;
        if (message.type !== 'log' || event === undefined) return;
        setState(({ count, newest }) => ({ count: count + 1, newest: [event, ...newest].slice(0, SHOWN_MAX) }));
      };
      socket.onclose = () => {
        setWatching(false);
        if (!isGone) timer = setTimeout(connect, RECONNECT_DELAY_MS);
      };
    };
    connect();
    return () => {
      isGone = true;
      clearTimeout(timer);
      socket.close();
    };
  }, [receiver]);
  return { ...state, isWatching };
}

/** Attempts of a receiver that were refused since `sinceMs`, newest first. */
export function useRefusals(receiver: string, sinceMs: number) {
  return useQuery({
    queryKey: ['attempts', receiver],
    queryFn: ({ signal }) =>
      answerOf(api.GET('/api/ingest/attempts', { params: { query: { receiver, limit: 20 } }, signal })),
    refetchInterval: ASK_INTERVAL_MS,
    select: ({ attempts }) => attempts.filter(({ time }) => Date.parse(time) >= sinceMs),
  });
}
