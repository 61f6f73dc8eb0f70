import { AsyncLocalStorage } from 'node:async_hooks';
import { isMembers, MemberText } from './members.ts';
import type { ActiveSpan } from './otel.ts';
import { quote } from './quote.ts';
import type { Context } from './types.ts';

/** Characters of a context's metadata: it is written with every event. */
const MEMBERS_CHARACTERS_MAX = 32 << 10;
const FIELD_CHARACTERS_MAX = 1 << 10;

/** A context, and how it reads in a line: written once, when it is opened. */
export interface WrittenContext {
  context: Context;
  /** `,"trace_id":"…","span_id":"…"` */
  trace: string;
  /** Its ids are those of OpenTelemetry, in which nothing is a secret. */
  isHexTrace: boolean;
  /** The other fields, likewise. */
  fields: string;
  /** The metadata: `"a":1,"b":2` */
  members: string;
  isTelling: boolean;
}

const HEX_ID = /^(?:[0-9a-f]{32}|[0-9a-f]{16})$/;

const memberText = new MemberText();

const TRACE = [
  ['traceId', ',"trace_id":'],
  ['spanId', ',"span_id":'],
] as const;
const FIELDS = [
  ['requestId', ',"request_id":'],
  ['userId', ',"user_id":'],
  ['orgId', ',"org_id":'],
  ['resourceId', ',"resource_id":'],
  ['resourceType', ',"resource_type":'],
] as const;

function pairs(context: Context, names: readonly (readonly [keyof Context, string])[]): string {
  let text = '';
  for (const [field, name] of names) {
    const value = context[field];
    // Numbers as ids come from callers without types, and so does what cannot be a text at all.
    if (value === undefined || value === null || value === '' || typeof value === 'object') continue;
    text += name + quote(String(value).slice(0, FIELD_CHARACTERS_MAX));
  }
  return text;
}

const EMPTY: WrittenContext = { context: {}, trace: '', isHexTrace: true, fields: '', members: '', isTelling: false };

/** Never throws: a context that cannot be read, as a proxy may be, is empty. */
export function writeContext(context: Context): WrittenContext {
  try {
    return written(context);
  } catch {
    return EMPTY;
  }
}

function written(context: Context): WrittenContext {
  const { metadata } = context;
  const members = isMembers(metadata) ? memberText.write(metadata, MEMBERS_CHARACTERS_MAX) : '';
  const isTelling = members !== '' && memberText.isTelling;
  const isHexTrace =
    HEX_ID.test(context.traceId ?? '') && (context.spanId === undefined || HEX_ID.test(context.spanId));
  return { context, trace: pairs(context, TRACE), isHexTrace, fields: pairs(context, FIELDS), members, isTelling };
}

/** What `inner` says wins; metadata is joined. A trace and its span go together. What cannot be read says nothing. */
export function mergeContexts(outer: Context | undefined, inner: Context | null | undefined): Context {
  try {
    return merged(outer, inner);
  } catch {
    return { ...outer };
  }
}

function merged(outer: Context | undefined, inner: Context | null | undefined): Context {
  if (!isMembers(inner)) return { ...outer };
  if (outer === undefined) return { ...inner };
  const joined = { ...outer };
  if (inner.traceId !== undefined) joined.spanId = undefined;
  for (const [field] of [...TRACE, ...FIELDS]) if (inner[field] !== undefined) joined[field] = inner[field];
  if (isMembers(inner.metadata)) joined.metadata = { ...outer.metadata, ...inner.metadata };
  return joined;
}

let lastSpan: ActiveSpan | undefined;
let lastSpanText = '';

/** As `trace` of a context. A span writes many events one after another. */
export function writeSpan(span: ActiveSpan): string {
  if (span !== lastSpan) {
    lastSpan = span;
    lastSpanText = `,"trace_id":${quote(span.traceId)},"span_id":${quote(span.spanId)}`;
  }
  return lastSpanText;
}

/** One for all clients of a process: a context is where the program is, whoever asks. */
export const contexts = new AsyncLocalStorage<WrittenContext>();
