import type { Attribute } from '@tailwater/schema';
import type { SampleEvent } from '../app/api-fixture.ts';
import type { Random } from '../sim/random.ts';
import {
  APPS,
  ATTRIBUTE_NAMES,
  FIELD_VALUES,
  PLAIN_NUMBERS,
  TEXT_VALUES,
  TRICKY_NUMBERS,
  WORDS,
} from './vocabulary.ts';

/** Events of one org, as the frames that they are inserted in. Times lie in [baseMs, baseMs + spanMs]. */
export interface Dataset {
  orgId: string;
  frames: SampleEvent[][];
  baseMs: number;
  spanMs: number;
}

const HOUR_MS = 3_600_000;
/** An hour starts in the midst of the events: streams are kept by the hour. */
const FIRST_MS = Date.UTC(2026, 8, 1, 12) - HOUR_MS / 2;

/** How events of a dataset look: each leaves something out, so that plans differ. */
interface Style {
  streams: readonly Record<string, string>[];
  services: readonly string[];
  attributeNames: readonly string[];
  /** Share of numbers that are written in a tricky way. */
  tricky: number;
  messages: readonly MessageKind[];
  /** Numbers in place of texts. */
  numeric: number;
  hasMultiples: boolean;
}

export function makeDataset(random: Random, orgId: string, size: number): Dataset {
  const style: Style = {
    streams: makeStreams(random),
    services: random.pick([[''], ['shop'], ['shop', 'mail', '']]),
    attributeNames: sample(random, ATTRIBUTE_NAMES, random.between(0, 9)),
    tricky: random.pick([0, 0, 0.05, 0.3]),
    messages: random.pick([MESSAGE_KINDS, ['json'], ['logfmt'], ['words', 'access'], ['json', 'logfmt']] as const),
    numeric: random.pick([0.5, 0.8, 1]),
    hasMultiples: random.chance(0.5),
  };
  const spanMs = random.pick([60_000, 600_000, HOUR_MS, 2 * HOUR_MS]);
  const baseMs = FIRST_MS + random.pick([0, 1_500_000, 1_799_000, 1_800_000]);
  const frames: SampleEvent[][] = Array.from({ length: random.between(1, 3) }, () => []);
  for (let i = 0; i < size; i++) random.pick(frames).push(makeEvent(random, style, timeNs(random, baseMs, spanMs)));
  return { orgId, frames: frames.filter((frame) => frame.length > 0), baseMs, spanMs };
}

function sample<Item>(random: Random, items: readonly Item[], count: number): Item[] {
  return Array.from({ length: count }, () => random.pick(items));
}

/** Often equal times, times on the boundaries of windows, and a nanosecond beside them. */
function timeNs(random: Random, baseMs: number, spanMs: number): bigint {
  const unitMs = random.pick([1, 250, 5_000, 15_000, 60_000]);
  const ms = baseMs + unitMs * random.int(Math.floor(spanMs / unitMs) + 1);
  const ns = random.pick([0n, 0n, 0n, 1n, -1n, 500_000n, 999_999n, BigInt(random.int(1_000_000))]);
  return BigInt(ms) * 1_000_000n + ns;
}

function makeEvent(random: Random, style: Style, timestampNs: bigint): SampleEvent {
  const event: SampleEvent = {
    timestampNs,
    message: makeMessage(random, style),
    service: random.pick(style.services),
    severityNumber: random.int(25),
    attributes: makeAttributes(random, style),
    labels: random.pick(style.streams),
  };
  for (const [field, values] of Object.entries(FIELD_VALUES) as [keyof typeof FIELD_VALUES, readonly string[]][]) {
    if (random.chance(0.7)) event[field] = random.pick(values);
  }
  if (random.chance(0.7)) event.durationMs = makeNumber(random, style.tricky);
  if (random.chance(0.3)) event.cost = makeNumber(random, style.tricky);
  return event;
}

function makeNumber(random: Random, tricky: number): number {
  if (!random.chance(tricky)) return Number(random.pick(PLAIN_NUMBERS));
  return random.pick([Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e100, -0, 1e21, 1e-7, -0.5, 1.5]);
}

type LabelKind = 'loki' | 'otlp' | 'both' | 'none';

function makeStreams(random: Random): Record<string, string>[] {
  const kind = random.weighted({ loki: 5, otlp: 2, both: 3, none: 1 }) as LabelKind;
  return Array.from({ length: random.between(1, STREAMS_MAX) }, () => makeLabels(random, kind));
}

const STREAMS_MAX = 20;

function makeLabels(random: Random, labels: LabelKind): Record<string, string> {
  const made: Record<string, string> = {};
  if (labels === 'none') return made;
  if (labels !== 'otlp') {
    if (random.chance(0.95)) made.app = random.pick(APPS);
    if (random.chance(0.7)) made.env = random.pick(['prod', 'dev']);
    if (random.chance(0.2)) made.pod = random.pick(['p1', 'p2', 'größe', 'two\nlines']);
    if (random.chance(0.1)) made.status = random.pick(PLAIN_NUMBERS);
    if (random.chance(0.1)) made.severity = random.pick(['info', 'error', 'custom']);
    if (random.chance(0.05)) made.user_id = random.pick(FIELD_VALUES.userId);
    if (random.chance(0.05)) made.service_name = random.pick(['shop', 'own']);
  }
  if (labels !== 'loki') {
    if (random.chance(0.8)) made['service.name'] = random.pick(['shop', 'mail']);
    if (random.chance(0.5)) made['k8s.pod.name'] = random.pick(['p1', 'p2']);
    if (random.chance(0.5)) made['host.arch'] = random.pick(['arm64', 'amd64']);
    if (random.chance(0.3)) made['os.type'] = random.pick(['linux', '']);
    if (random.chance(0.1)) made['a.b'] = random.pick(TEXT_VALUES);
    if (random.chance(0.1)) made['user.id'] = random.pick(['u1', 'u9']);
  }
  return made;
}

function makeAttributes(random: Random, style: Style): Record<string, Attribute> {
  const made: Record<string, Attribute> = {};
  for (const name of style.attributeNames) {
    if (!random.chance(0.7)) continue;
    made[name] = { kind: 'string', text: makeText(random, style) };
  }
  return made;
}

function makeText(random: Random, { numeric, tricky }: Style): string {
  if (random.chance(tricky)) return random.pick(TRICKY_NUMBERS);
  return random.chance(numeric) ? random.pick(PLAIN_NUMBERS) : random.pick(TEXT_VALUES);
}

const MESSAGE_KINDS = ['words', 'json', 'logfmt', 'access', 'colour', 'strange'] as const;
type MessageKind = (typeof MESSAGE_KINDS)[number];

const KEYS = [
  'status',
  'duration',
  'size',
  'count',
  'level',
  'user_id',
  'app',
  'method',
  'msg',
  'a.b',
  'trace_id',
  '1st',
];

function makeMessage(random: Random, style: Style): string {
  switch (random.pick(style.messages)) {
    case 'words':
      return words(random, random.between(0, 6));
    case 'json':
      return jsonLine(random, style);
    case 'logfmt':
      return logfmtLine(random, style);
    case 'access':
      return accessLine(random);
    case 'colour':
      return `\u001b[3${random.int(8)}m${words(random, 2)}\u001b[0m ${logfmtLine(random, style)}`;
    case 'strange':
      return random.pick([
        '',
        ' ',
        '\n',
        '{',
        '{}',
        '[1,2]',
        'null',
        '{"a":',
        '=',
        'a=',
        '"',
        '\\',
        '日本語 größe',
        '{"_entry":"packed error","app":"inner","status":"200"}',
        '{"_entry":"took 5 ms","count":7}',
      ]);
  }
}

function words(random: Random, count: number): string {
  const glue = () => random.pick([' ', ' ', ' ', ': ', '', '-', '=', '\n']);
  return sample(random, WORDS, count).reduce((text, word) => (text === '' ? word : text + glue() + word), '');
}

function jsonLine(random: Random, style: Style): string {
  const parts = sample(random, KEYS, random.between(1, 6)).map(
    (key) => `${JSON.stringify(key)}:${jsonValue(random, style)}`,
  );
  let line = `{${parts.join(random.pick([',', ', ']))}}`;
  if (style.hasMultiples && random.chance(0.1)) line = line.slice(0, random.int(line.length));
  if (random.chance(0.05)) line = ` ${line}`;
  if (random.chance(0.03)) line += ' trailing';
  return line;
}

function jsonValue(random: Random, style: Style): string {
  const text = makeText(random, style);
  switch (random.weighted({ plain: 6, string: 6, nested: 2, escaped: 1, other: 1 })) {
    case 'plain':
      return PLAIN_NUMBERS.includes(text) ? text : JSON.stringify(text);
    case 'string':
      return JSON.stringify(text);
    case 'nested':
      return `{"b":${JSON.stringify(text)},"id":${random.int(3)}}`;
    case 'escaped':
      return '"\\u0041pi \\u00fc \\/ok"';
    case 'other':
      return random.pick(['true', 'null', '[1,2]', '{}', '"took 5 ms"']);
  }
}

function logfmtLine(random: Random, style: Style): string {
  const pair = () => {
    const key = random.pick(KEYS);
    const text = makeText(random, style);
    if (text === '') return random.pick([key, `${key}=`, `${key}=""`]);
    return /[\s"\\=]/.test(text) || random.chance(0.2) ? `${key}=${JSON.stringify(text)}` : `${key}=${text}`;
  };
  const parts = Array.from({ length: random.between(1, 6) }, pair);
  if (style.hasMultiples && random.chance(0.1)) parts.push(random.pick(['msg="broken', '=x', 'a=b=c', 'msg=a"b']));
  return parts.join(' ');
}

function accessLine(random: Random): string {
  const method = random.pick(['GET', 'POST']);
  const path = random.pick(['/', '/items/7', '/a.b?x=1']);
  const address = `10.0.0.${random.int(9)}`;
  return `${address} "${method} ${path} HTTP/1.1" ${random.pick([200, 404, 500])} ${random.int(2000)} took ${random.int(99)}ms`;
}
