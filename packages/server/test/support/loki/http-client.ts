import { encodePushJson, type PushStream } from '../loki-push.ts';
import { type Answer, readAnswer } from './answers.ts';

/** A server that speaks Loki's HTTP API: ours or Loki itself. For tests only. */
export interface LokiServer {
  url: string;
  /** Sent with every request: a key, `X-Scope-OrgID`. */
  headers?: Record<string, string>;
}

export interface RangeParameters {
  query: string;
  startNs: bigint;
  endNs: bigint;
  stepMs?: number;
  limit?: number;
  direction?: 'forward' | 'backward';
  intervalMs?: number;
  categorize?: boolean;
}

/** The response as it is. Parameters that are undefined are left out. */
export async function get(
  { url, headers = {} }: LokiServer,
  path: string,
  parameters: Record<string, string | number | bigint | undefined>,
  more: Record<string, string> = {},
): Promise<{ status: number; headers: Headers; text: string }> {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) if (value !== undefined) search.set(name, String(value));
  const response = await fetch(`${url}${path}?${search}`, { headers: { ...headers, ...more } });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

export async function queryRange(server: LokiServer, parameters: RangeParameters): Promise<Answer> {
  const { query, startNs, endNs, stepMs, limit = 1000, direction = 'forward', intervalMs, categorize } = parameters;
  const step = stepMs === undefined ? undefined : `${stepMs}ms`;
  const interval = intervalMs === undefined ? undefined : `${intervalMs}ms`;
  const { status, text } = await get(
    server,
    '/loki/api/v1/query_range',
    { query, start: startNs, end: endNs, step, limit, direction, interval },
    categorize === true ? { 'X-Loki-Response-Encoding-Flags': 'categorize-labels' } : {},
  );
  return readAnswer(status, text, direction);
}

export async function queryInstant(server: LokiServer, query: string, timeNs: bigint): Promise<Answer> {
  const { status, text } = await get(server, '/loki/api/v1/query', { query, time: timeNs, limit: 1000 });
  return readAnswer(status, text);
}

/** Pushes and waits until the events can be found, where the server knows `ack=stored`. @throws Error unless it took all. */
export async function push({ url, headers = {} }: LokiServer, streams: readonly PushStream[]): Promise<void> {
  const response = await fetch(`${url}/loki/api/v1/push?ack=stored`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: encodePushJson(streams),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`push: ${response.status} ${text}`);
}
