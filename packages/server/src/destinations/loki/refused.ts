import type { EncodedEvent } from '../destination.ts';
import { streamOf } from './push.ts';

/**
 * Loki stores what is valid of a push and answers 400 about the rest, in words:
 * https://github.com/grafana/loki/blob/main/pkg/validation/validate.go, https://github.com/grafana/loki/blob/main/pkg/ingester/stream.go
 */
const TOO_OLD = /has timestamp too old: (\S+), oldest acceptable timestamp is: ([0-9TZ:.+-]*[0-9Z])/g;
const TOO_NEW = /has timestamp too new: ([0-9TZ:.+-]*[0-9Z])/g;
const TOO_FAR_BEHIND =
  /entry too far behind, (?:entry timestamp is: \S+, )?oldest acceptable timestamp is: ([0-9TZ:.+-]*[0-9Z])/g;
const IN_STREAM = /for stream: (\{.*?\})(?=[,\n]|$)/g;

export interface Refused {
  index: number;
  reason: string;
}

/**
 * The events that a 400 is about, as far as its words tell: times are in whole seconds there. The others are pushed again,
 * so that Loki itself says that it has them: an entry that it has already is not stored twice.
 */
export function readRefused(text: string, events: readonly EncodedEvent[]): Refused[] {
  const old = [...text.matchAll(TOO_OLD)];
  const oldestSecond = Math.max(...old.map(([, named, oldest]) => Math.max(secondOf(named) + 1, secondOf(oldest))));
  const newestSecond = Math.min(...[...text.matchAll(TOO_NEW)].map(([, named]) => secondOf(named)));
  const behindSecond = Math.max(...[...text.matchAll(TOO_FAR_BEHIND)].map(([, oldest]) => secondOf(oldest)));
  const behindStreams = [...text.matchAll(IN_STREAM)].map(([, labels]) => labels!);
  const refused: Refused[] = [];
  for (const [index, event] of events.entries()) {
    const second = Number(event.timestampNs / 1_000_000_000n);
    if (second < oldestSecond) refused.push({ index, reason: 'Loki: timestamp too old' });
    else if (second >= newestSecond) refused.push({ index, reason: 'Loki: timestamp too new' });
    else if (second < behindSecond && behindStreams.some((labels) => isStream(labels, event))) {
      refused.push({ index, reason: 'Loki: entry too far behind the newest of its stream' });
    }
  }
  return refused;
}

const secondOf = (time: string | undefined): number => Math.floor(Date.parse(time ?? '') / 1000);

/** Loki may have added a `service_name` of its own, so ours only have to be among them. */
function isStream(labels: string, event: EncodedEvent): boolean {
  const own = streamOf(event).stream.toString();
  const pairs = own.startsWith('{"')
    ? Object.entries(JSON.parse(own) as Record<string, string>).map(
        ([name, value]) => `${name}=${JSON.stringify(value)}`,
      )
    : own.slice(1, -1).split(', ');
  return pairs.every((pair) => labels.includes(pair));
}
