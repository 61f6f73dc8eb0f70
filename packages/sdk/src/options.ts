import { hostname } from 'node:os';
import type { Environment } from './environment.ts';
import { parseSeverity } from './severity.ts';
import type { EmitEvent, SampleOptions, Severity, SpoolOptions, TailwaterOptions } from './types.ts';

/** Options, environment and defaults in one. */
export interface Settings {
  /** The server's base URL without a slash at its end; undefined: stdout alone. */
  url: string | undefined;
  apiKey: string | undefined;
  service: string;
  host: string;
  name: string;
  level: Severity;
  levels: Readonly<Record<string, Severity>>;
  stdout: 'json' | 'pretty' | 'off';
  colours: boolean;
  ringEvents: number;
  batchEvents: number;
  flushIntervalMs: number;
  spool: Required<SpoolOptions> | undefined;
  /** Rules that are off; undefined: nothing is redacted. */
  redactRulesOff: readonly string[] | undefined;
  beforeEmit: ((event: EmitEvent) => EmitEvent | null) | undefined;
  sample: SampleOptions;
  handleExit: boolean;
}

export interface Surroundings {
  environment: Environment;
  isTerminal: boolean;
  /** Told of settings that cannot be used; the default counts then. */
  onTrouble(message: string): void;
}

const RING_EVENTS = 10_000;
const RING_EVENTS_MAX = 1 << 20;
const BATCH_EVENTS = 100;
const FLUSH_INTERVAL_MS = 2_000;
const SPOOL_BYTES_MAX = 512 << 20;
const SPOOL_SYNC_EACH_MS = 1_000;
/** What the server takes as name, service and host. */
const NAME_BYTES_MAX = 200;

/** What counts: the option, then the environment variable, then the default. A wrong setting never stops a program. */
export function resolveSettings(options: TailwaterOptions, around: Surroundings): Settings {
  const { environment, isTerminal, onTrouble } = around;
  const isDevelopment = (options.environment ?? environment.environment) === 'development';
  const host = cut(options.host ?? hostname());
  const redact = options.redact ?? true;
  return {
    url: baseUrl(options.url ?? environment.url, onTrouble),
    apiKey: options.apiKey ?? environment.apiKey,
    service: cut(options.service ?? environment.service ?? ''),
    host,
    name: cut(options.name ?? host) || 'unnamed',
    level: options.level ?? readLevel(environment.level, 'LOG_LEVEL', onTrouble) ?? (isDevelopment ? 'debug' : 'info'),
    levels: { ...readLevels(environment.levels, onTrouble), ...options.levels },
    stdout:
      options.stdout ?? readFormat(environment.format, onTrouble) ?? (isDevelopment && isTerminal ? 'pretty' : 'json'),
    colours: isTerminal,
    ringEvents: whole(options.ringEvents, RING_EVENTS, RING_EVENTS_MAX),
    batchEvents: whole(options.batchEvents, BATCH_EVENTS, RING_EVENTS_MAX),
    flushIntervalMs: whole(options.flushIntervalMs, FLUSH_INTERVAL_MS, 3_600_000),
    spool: options.spool ? { bytesMax: SPOOL_BYTES_MAX, syncEachMs: SPOOL_SYNC_EACH_MS, ...options.spool } : undefined,
    redactRulesOff: redact === false ? undefined : redact === true ? [] : redact.off,
    beforeEmit: options.beforeEmit,
    sample: options.sample ?? {},
    handleExit: options.handleExit ?? true,
  };
}

function whole(value: number | undefined, otherwise: number, max: number): number {
  if (value === undefined || !Number.isFinite(value) || value < 1) return otherwise;
  return Math.min(max, Math.floor(value));
}

function cut(text: string): string {
  let short = text.slice(0, NAME_BYTES_MAX);
  while (Buffer.byteLength(short) > NAME_BYTES_MAX) short = short.slice(0, -1);
  return short.toWellFormed();
}

function baseUrl(text: string | undefined, onTrouble: Surroundings['onTrouble']): string | undefined {
  if (text === undefined) return undefined;
  if (URL.canParse(text) && /^https?:/i.test(text)) return text.replace(/\/+$/, '');
  onTrouble(`the server's URL is none, so nothing is sent: ${JSON.stringify(text)}`);
  return undefined;
}

function readLevel(word: string | undefined, from: string, onTrouble: Surroundings['onTrouble']): Severity | undefined {
  if (word === undefined) return undefined;
  const severity = parseSeverity(word);
  if (severity === undefined) onTrouble(`${from} is no level: ${JSON.stringify(word)}`);
  return severity;
}

/** `agent=debug,auth=info` */
function readLevels(text: string | undefined, onTrouble: Surroundings['onTrouble']): Record<string, Severity> {
  const levels: Record<string, Severity> = {};
  for (const part of (text ?? '').split(',')) {
    if (part.trim() === '') continue;
    const [name, word = ''] = part.split('=');
    const severity = readLevel(word, `LOG_LEVELS, ${name.trim()}`, onTrouble);
    if (severity !== undefined) levels[name.trim()] = severity;
  }
  return levels;
}

function readFormat(text: string | undefined, onTrouble: Surroundings['onTrouble']): 'json' | 'pretty' | undefined {
  if (text === undefined) return undefined;
  const format = text.trim().toLowerCase();
  if (format === 'json' || format === 'pretty') return format;
  onTrouble(`LOG_FORMAT is neither json nor pretty: ${JSON.stringify(text)}`);
  return undefined;
}
