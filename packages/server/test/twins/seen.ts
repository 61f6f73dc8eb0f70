import { severityName } from '@tailwater/schema';
import { isStreamLabel, labelNameOf } from '../../src/query/logql/events/fields.ts';
import type { StreamSettings } from '../../src/query/logql/events/streams.ts';
import type { SampleEvent } from '../app/api-fixture.ts';
import type { Random } from '../sim/random.ts';
import type { Dataset } from './dataset.ts';
import { LABEL_NAMES, NUMBER_NAMES, PLAIN_NUMBERS, TEXT_VALUES, WORDS } from './vocabulary.ts';

/** What queries over a dataset ask for: mostly what it has, for answers without events prove little. */
export interface Seen {
  random: Random;
  /** Label names, each with values of it. */
  values: ReadonlyMap<string, readonly string[]>;
  /** Of them those that events have before a parser. */
  storedNames: readonly string[];
  /** Names whose values are numbers, and those of them that events have before a parser. */
  numberNames: readonly string[];
  storedNumberNames: readonly string[];
  hasJson: boolean;
  hasLogfmt: boolean;
  hasAccess: boolean;
  /** What selectors can match most events by. */
  selectors: readonly string[];
  /** Parts of messages. */
  words: readonly string[];
}

const LINE_PAIR = /\b(status|duration|size|count|level|user_id|app|method|msg|trace_id|id)"?[=:] ?"?([^",\s}]*)/g;

function areNumbers(values: readonly string[]): boolean {
  return values.filter((value) => NUMBER.test(value)).length > values.length / 2;
}

const WORDS_MAX = 60;
const NUMBER = /^-?[0-9]+(\.[0-9]+)?$/;

export function lookAt(random: Random, { frames }: Dataset, settings: StreamSettings): Seen {
  const events = frames.flat();
  const values = new Map<string, Set<string>>();
  const stored = new Set<string>();
  const add = (name: string, value: string | undefined, isStored = false) => {
    if (value === undefined || value === '') return;
    if (isStored) stored.add(name);
    const known = values.get(name) ?? new Set();
    values.set(name, known.add(value));
  };
  const words = new Set<string>();
  for (const event of events) {
    const { labels = {}, attributes = {}, message = '', service = '' } = event;
    for (const [name, value] of Object.entries(labels)) add(labelNameOf(name), value, true);
    for (const [name, { text }] of Object.entries(attributes)) add(labelNameOf(name), text, true);
    for (const [, key, value] of message.matchAll(LINE_PAIR)) add(key!, value);
    if (words.size < WORDS_MAX) for (const word of message.match(/[\p{L}\p{N}]+|[{=\n]/gu) ?? []) words.add(word);
    if (settings.discoverServiceName) add('service_name', service || 'unknown_service', true);
    if (!settings.eventFields) continue;
    add('severity', severityName(event.severityNumber ?? 0), true);
    add('log_type', event.logType, true);
    add('event_type', event.eventType, true);
    add('host', event.host, true);
    add('user_id', event.userId, true);
    add('trace_id', event.traceId, true);
    add('duration_ms', event.durationMs?.toString(), true);
  }
  const numberNames = [...values.keys()].filter((name) => areNumbers([...values.get(name)!]));
  const has = (pattern: RegExp) =>
    events.filter(({ message = '' }) => pattern.test(message)).length > events.length / 4;
  return {
    random,
    values: new Map([...values].map(([name, seen]) => [name, [...seen]])),
    storedNames: [...stored],
    numberNames,
    storedNumberNames: numberNames.filter((name) => stored.has(name)),
    hasJson: has(/^\s*\{/),
    hasLogfmt: has(/^[a-z]+=/),
    hasAccess: has(/HTTP/),
    selectors: [...(settings.eventFields ? FIELD_SELECTORS : []), ...labelSelectors(events, settings)],
    words: [...words],
  };
}

const FIELD_SELECTORS = ['log_type=~".+"', 'detected_level!=""'];

function labelSelectors(events: readonly SampleEvent[], { discoverServiceName }: StreamSettings): string[] {
  const names = new Set(discoverServiceName ? ['service_name'] : []);
  for (const { labels = {} } of events)
    for (const name in labels) if (isStreamLabel(name)) names.add(labelNameOf(name));
  return [...names].flatMap((name) =>
    COMMON_LABELS.has(name) ? [`${name}=~".+"`, `${name}=~".+"`, `${name}!=""`] : [],
  );
}

const COMMON_LABELS = new Set(['app', 'service_name', 'env', 'k8s_pod_name']);

const SEEN_SHARE = 0.9;

export function labelName({ random, values, storedNames }: Seen, isParsed = true): string {
  const names = isParsed ? [...values.keys()] : storedNames;
  return names.length > 0 && random.chance(SEEN_SHARE) ? random.pick(names) : random.pick(LABEL_NAMES);
}

export function numberName({ random, numberNames, storedNumberNames }: Seen, isParsed: boolean): string {
  const names = isParsed ? numberNames : storedNumberNames;
  return names.length > 0 && random.chance(SEEN_SHARE) ? random.pick(names) : random.pick(NUMBER_NAMES);
}

export function labelValue({ random, values }: Seen, name: string): string {
  const known = values.get(name);
  if (known !== undefined && random.chance(SEEN_SHARE)) return random.pick(known);
  return random.pick(random.chance(0.6) ? PLAIN_NUMBERS : TEXT_VALUES);
}

export function word({ random, words }: Seen): string {
  const text = words.length > 0 && random.chance(SEEN_SHARE) ? random.pick(words) : random.pick(WORDS);
  if (random.chance(0.7)) return text;
  const from = random.int(text.length);
  return text.slice(from, from + random.between(1, 4));
}
