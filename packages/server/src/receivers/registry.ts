import { browser } from './browser/index.ts';
import { datadog } from './datadog/index.ts';
import { elasticsearch } from './elasticsearch/index.ts';
import { fileTail } from './file-tail/index.ts';
import { firehose } from './firehose/index.ts';
import { fluentForward } from './fluent-forward/index.ts';
import { gelf } from './gelf/index.ts';
import { journald } from './journald/index.ts';
import { loki } from './loki/index.ts';
import { lumberjack } from './lumberjack/index.ts';
import { ndjson } from './ndjson/index.ts';
import { otlp } from './otlp/index.ts';
import type { Decode, Receiver, ReceiverRoute, Reveal } from './receiver.ts';
import { splunkHec } from './splunk-hec/index.ts';
import { syslog } from './syslog/index.ts';

/** Every receiver of the program. A new one is added here and nowhere else. */
export const RECEIVERS: readonly Receiver[] = [
  browser,
  datadog,
  elasticsearch,
  fileTail,
  firehose,
  fluentForward,
  gelf,
  journald,
  loki,
  lumberjack,
  ndjson,
  otlp,
  splunkHec,
  syslog,
];

/** What decodes a request, as the ingest worker is told: `POST /v1/logs`, `syslog:udp`. */
export const routeDecoder = ({ method, path }: Pick<ReceiverRoute, 'method' | 'path'>) => `${method} ${path}`;
export const listenerDecoder = (receiver: string, listener: string) => `${receiver}:${listener}`;

/** Every `decode` of the program by that name. */
export function decoders(): ReadonlyMap<string, Decode> {
  const all = new Map<string, Decode>();
  const add = (name: string, decode: Decode) => {
    if (all.has(name)) throw new Error(`two receivers answer ${name}`);
    all.set(name, decode);
  };
  for (const { id, routes, listeners = [] } of RECEIVERS) {
    for (const route of routes) add(routeDecoder(route), route.decode);
    for (const listener of listeners) add(listenerDecoder(id, listener.id), listener.decode);
  }
  return all;
}

/** Every `reveal` by the name of its `decode`. */
export function revealers(): ReadonlyMap<string, Reveal> {
  const all = new Map<string, Reveal>();
  for (const { id, routes, listeners = [] } of RECEIVERS) {
    for (const route of routes) if (route.reveal !== undefined) all.set(routeDecoder(route), route.reveal);
    for (const listener of listeners) {
      if (listener.reveal !== undefined) all.set(listenerDecoder(id, listener.id), listener.reveal);
    }
  }
  return all;
}
