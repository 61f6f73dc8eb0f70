import { contexts, mergeContexts, type WrittenContext, writeContext, writeSpan } from './context.ts';
import { describeError } from './json-text.ts';
import type { Levels } from './levels.ts';
import { cutText, type Heads, isoTime, isTooLong, MESSAGE_BYTES_MAX, TIME_CHARACTERS, writeHeads } from './line.ts';
import { isMembers, MemberText } from './members.ts';
import type { Settings } from './options.ts';
import { type ActiveSpan, activeSpan } from './otel.ts';
import { quote } from './quote.ts';
import { READ_ALL, type Ring } from './ring.ts';
import type { Sampler } from './sampler.ts';
import { rankOf, SEVERITIES } from './severity.ts';
import type { Context, EmitEvent, Metadata } from './types.ts';

/** What is known of a logger: how its lines begin, and from which rank on it emits. */
export interface LoggerState {
  readonly name: string;
  readonly heads: Heads;
  threshold: number;
  /** Of the levels that the threshold is from. */
  generation: number;
}

/** Characters of metadata; of events that are too long all the same, fewer, and of their messages. */
const MEMBERS_CHARACTERS_MAX = 256 << 10;
const LONG_MEMBERS_CHARACTERS_MAX = 16 << 10;
const LONG_MESSAGE_BYTES_MAX = 16 << 10;
const LONG_FIELD_CHARACTERS_MAX = 1 << 10;
const STATES_KEPT_MAX = 1_000;

/** Fields of an event that a context may have too. */
const SHARED = ['requestId', 'userId', 'resourceId', 'resourceType'] as const;
/** Fields that only an event has, and their names in a line. */
const TEXTS = [
  ['eventType', ',"event_type":'],
  ['action', ',"action":'],
] as const;
const NUMBERS = [
  ['durationMs', ',"duration_ms":'],
  ['cost', ',"cost":'],
] as const;

export interface EmitterParts {
  settings: Settings;
  levels: Levels;
  sampler: Sampler;
  ring: Ring;
  /** Called after each event that was numbered. */
  onPushed(): void;
}

/** The way of an event in its caller: level, context, sampling, its line, its number. Nothing here waits or throws. */
export class Emitter {
  sampled = 0;
  dropped = 0;
  failed = 0;
  truncated = 0;
  isClosed = false;
  private readonly parts: EmitterParts;
  private readonly sampler: Sampler | undefined;
  private readonly states = new Map<string, LoggerState>();
  private readonly memberText = new MemberText();
  /** The last pair of contexts that were merged. */
  private lastOuter: WrittenContext | undefined;
  private lastInner: WrittenContext | undefined;
  private lastMerged: WrittenContext | undefined;

  constructor(parts: EmitterParts) {
    this.parts = parts;
    this.sampler = parts.sampler.isOn ? parts.sampler : undefined;
  }

  /** The state of a logger whose events have the category. */
  state(givenName: string, givenCategory: string): LoggerState {
    const name = textOfName(givenName);
    const category = textOfName(givenCategory);
    const key = `${name}\n${category}`;
    const known = this.states.get(key);
    if (known !== undefined) return known;
    const { service, host } = this.parts.settings;
    const heads = writeHeads({ category, logger: name, service, host });
    const state: LoggerState = { name, heads, threshold: 0, generation: -1 };
    if (this.states.size < STATES_KEPT_MAX) this.states.set(key, state);
    return state;
  }

  isEnabled(state: LoggerState, rank: number): boolean {
    const { levels } = this.parts;
    if (state.generation !== levels.generation) {
      state.threshold = levels.threshold(state.name);
      state.generation = levels.generation;
    }
    return rank >= state.threshold;
  }

  /** A message of a logger. `own` is the logger's context. */
  write(state: LoggerState, rank: number, own: WrittenContext | undefined, message: unknown, metadata: unknown): void {
    try {
      if (!this.isEnabled(state, rank)) return;
      if (this.parts.settings.beforeEmit !== undefined || typeof message !== 'string') {
        this.emit(eventOf(rank, message, metadata), state, own);
        return;
      }
      const around = this.around(own);
      const span = activeSpan();
      if (this.sampler?.keeps(rank, span?.traceId ?? around?.context.traceId) === false) {
        this.sampled++;
        return;
      }
      const nowMs = Date.now();
      const begin = `{"timestamp":"${isoTime(nowMs)}${state.heads.texts[rank]}${traceOf(span, around)}`;
      const isHex = span !== undefined || around === undefined || around.trace === '' || around.isHexTrace;
      this.push(nowMs, {
        start: begin + (around?.fields ?? ''),
        scanFrom: state.heads.areClean ? (isHex ? begin.length : TIME_CHARACTERS + state.heads.texts[rank].length) : 0,
        message,
        around,
        metadata: metadata as Metadata | undefined,
      });
    } catch {
      this.failed++;
    }
  }

  /** An event; `state` and `own` are those of the logger that emits it, if any. */
  emit(event: EmitEvent, state: LoggerState | undefined, own: WrittenContext | undefined): void {
    try {
      const seen = this.beforeEmit(event);
      if (seen === null) return;
      const rank = rankOf(seen.severity);
      const of = this.stateOf(seen, state);
      if (!this.isEnabled(of, rank)) return;
      const around = this.around(own);
      const span = seen.traceId === undefined ? activeSpan() : undefined;
      const traceId = seen.traceId ?? span?.traceId ?? around?.context.traceId;
      if (this.sampler?.keeps(rank, traceId) === false) {
        this.sampled++;
        return;
      }
      const nowMs = Date.now();
      this.push(nowMs, {
        start: `{"timestamp":"${timeOf(seen, nowMs)}${of.heads.texts[rank]}${fieldsOf(seen, span, around)}`,
        scanFrom: of.heads.areClean ? TIME_CHARACTERS + of.heads.texts[rank].length : 0,
        message: seen.message ?? '',
        around,
        metadata: seen.metadata,
      });
    } catch {
      this.failed++;
    }
  }

  /** The event as it is after beforeEmit; null when it is not wanted. */
  private beforeEmit(event: EmitEvent): EmitEvent | null {
    const { beforeEmit } = this.parts.settings;
    if (beforeEmit === undefined) return event;
    const changed = beforeEmit(event);
    if (changed === null) this.dropped++;
    return changed;
  }

  private stateOf({ logType, logger }: EmitEvent, state: LoggerState | undefined): LoggerState {
    if (state !== undefined && logType === undefined && logger === undefined) return state;
    const name = logger ?? state?.name ?? logType ?? '';
    return this.state(name, logType ?? state?.name ?? '');
  }

  private around(own: WrittenContext | undefined): WrittenContext | undefined {
    const outer = contexts.getStore();
    if (own === undefined) return outer;
    if (outer === undefined) return own;
    if (outer !== this.lastOuter || own !== this.lastInner || this.lastMerged === undefined) {
      this.lastMerged = writeContext(mergeContexts(outer.context, own.context));
      this.lastOuter = outer;
      this.lastInner = own;
    }
    return this.lastMerged;
  }

  private push(nowMs: number, draft: Draft): void {
    if (this.isClosed) {
      this.dropped++;
      return;
    }
    const { memberText } = this;
    const message = typeof draft.message === 'string' ? draft.message : String(draft.message);
    let text = message;
    let isCut = false;
    // Most bytes a character takes in UTF-8 are three.
    if (message.length * 3 > MESSAGE_BYTES_MAX) {
      text = cutText(message, MESSAGE_BYTES_MAX);
      isCut = text !== message;
    }
    const extra = this.extra(draft, MEMBERS_CHARACTERS_MAX);
    let isTelling = draft.around?.isTelling === true;
    if (draft.metadata !== undefined && draft.metadata !== null) {
      isTelling ||= memberText.isTelling;
      isCut ||= memberText.isCut;
    }
    let line = `${draft.start},"message":${quote(text)}${extra}}\n`;
    let { scanFrom } = draft;
    if (isTooLong(line)) {
      line = this.shortLine(draft, text);
      scanFrom = 0;
      isCut = true;
    }
    if (isCut) this.truncated++;
    this.parts.ring.push(line, nowMs, isTelling ? READ_ALL : scanFrom);
    this.parts.onPushed();
  }

  /** `,"extra":{…}` of the context's and the event's metadata; empty without. */
  private extra({ around, metadata }: Draft, charactersMax: number): string {
    const outer = around?.members ?? '';
    if (metadata === undefined || metadata === null) return outer === '' ? '' : `,"extra":{${outer}}`;
    const inner = isMembers(metadata) ? metadata : { value: metadata };
    if (outer === '') {
      const members = this.memberText.write(inner, charactersMax);
      return members === '' ? '' : `,"extra":{${members}}`;
    }
    const names = around?.context.metadata ?? {};
    for (const name in names) {
      if (!Object.hasOwn(inner, name)) continue;
      return `,"extra":{${this.memberText.write({ ...names, ...inner }, charactersMax)}}`;
    }
    const members = this.memberText.write(inner, charactersMax);
    return `,"extra":{${outer}${members === '' ? '' : `,${members}`}}`;
  }

  /** A line that fits, of an event that has more than EVENT_BYTES_MAX. */
  private shortLine(draft: Draft, message: string): string {
    const fits = draft.start.length <= LONG_MEMBERS_CHARACTERS_MAX;
    const start = fits ? draft.start : `{"timestamp":"${isoTime(Date.now())}","level":"warn"`;
    const extra = this.extra({ ...draft, around: undefined }, LONG_MEMBERS_CHARACTERS_MAX);
    return `${start},"message":${quote(cutText(message, LONG_MESSAGE_BYTES_MAX))}${extra}}\n`;
  }
}

interface Draft {
  /** The line up to the message. */
  start: string;
  /** Before it, nothing needs a look. */
  scanFrom: number;
  message: unknown;
  around: WrittenContext | undefined;
  metadata: Metadata | undefined;
}

function eventOf(rank: number, message: unknown, metadata: unknown): EmitEvent {
  const severity = SEVERITIES[rank];
  const given = metadata as Metadata | undefined;
  if (!(message instanceof Error)) return { severity, message: String(message), metadata: given };
  const facts = describeError(message);
  return { severity, message: facts.message || facts.type, metadata: { ...given, exception: message } };
}

function traceOf(span: ActiveSpan | undefined, around: WrittenContext | undefined): string {
  return span === undefined ? (around?.trace ?? '') : writeSpan(span);
}

function timeOf({ timestamp }: EmitEvent, nowMs: number): string {
  if (timestamp === undefined) return isoTime(nowMs);
  const date = new Date(timestamp);
  return Number.isNaN(date.getTime()) ? isoTime(nowMs) : date.toISOString();
}

/** Callers without types may name a logger by anything. */
function textOfName(name: unknown): string {
  if (typeof name === 'string') return name.length > LONG_FIELD_CHARACTERS_MAX ? short(name) : name;
  return typeof name === 'number' || typeof name === 'symbol' ? String(name) : '';
}

const short = (text: string): string => text.slice(0, LONG_FIELD_CHARACTERS_MAX);

/** The members of an event between its head and its message. */
function fieldsOf(event: EmitEvent, span: ActiveSpan | undefined, around: WrittenContext | undefined): string {
  let text = '';
  if (event.traceId !== undefined) {
    text = `,"trace_id":${quote(short(String(event.traceId)))}`;
    if (event.spanId !== undefined) text += `,"span_id":${quote(short(String(event.spanId)))}`;
  } else {
    text = traceOf(span, around);
  }
  text += sharedFields(event, around);
  for (const [field, name] of TEXTS) {
    const value = event[field];
    if (value !== undefined && value !== null && value !== '') text += name + quote(short(String(value)));
  }
  for (const [field, name] of NUMBERS) {
    const value = event[field];
    if (typeof value === 'number' && value - value === 0) text += `${name}${value}`;
  }
  return text;
}

function sharedFields(event: EmitEvent, around: WrittenContext | undefined): string {
  const own: Context = {};
  let has = false;
  for (const field of SHARED) {
    const value = event[field];
    if (value === undefined || value === null) continue;
    own[field] = short(String(value));
    has = true;
  }
  if (!has) return around?.fields ?? '';
  const { metadata: _, traceId: _trace, spanId: _span, ...outer } = around?.context ?? {};
  return writeContext({ ...outer, ...own }).fields;
}
