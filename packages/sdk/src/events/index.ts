import type { EmitEvent, Metadata, Tailwater } from '../types.ts';
import { ADMIN } from './admin.ts';
import { AGENT } from './agent.ts';
import { AUTH } from './auth.ts';
import type { CommonFacts, EventShape } from './facts.ts';
import { GATEWAY } from './gateway.ts';
import { KNOWLEDGE_BASE } from './knowledge-base.ts';

export type * from './admin.ts';
export type * from './agent.ts';
export type * from './auth.ts';
export type { ClientFacts, CommonFacts } from './facts.ts';
export type * from './gateway.ts';
export type * from './knowledge-base.ts';

const GROUPS = { gateway: GATEWAY, auth: AUTH, agent: AGENT, knowledgeBase: KNOWLEDGE_BASE, admin: ADMIN };
type Groups = typeof GROUPS;

/** For each kind of event a function that takes its facts. */
type Emitters<Shapes> = {
  readonly [Name in keyof Shapes]: Shapes[Name] extends EventShape<infer Facts> ? (facts: Facts) => void : never;
};
export type PlatformEvents = { readonly [Group in keyof Groups]: Emitters<Groups[Group]> };

/**
 * Emits what platforms have in common, under one name everywhere: `tailwater.events.yaml` beside this package declares
 * the same. A tailwater, or one of its loggers, in whose context they then are.
 */
export function platformEvents(emitter: Pick<Tailwater, 'emit'>): PlatformEvents {
  const groups = Object.entries(GROUPS).map(([group, shapes]) => [group, emittersOf(emitter, shapes)]);
  return Object.fromEntries(groups) as PlatformEvents;
}

function emittersOf(emitter: Pick<Tailwater, 'emit'>, shapes: object) {
  const named = Object.entries(shapes) as [string, EventShape<CommonFacts>][];
  return Object.fromEntries(
    named.map(([name, shape]) => [name, (facts: CommonFacts) => emitter.emit(eventOf(shape, facts))]),
  );
}

/** Callers without types may leave out what a message is made of: that costs the message, not the event. */
function eventOf(shape: EventShape<CommonFacts>, facts: CommonFacts = {}): EmitEvent {
  const { metadata, message, timestamp, ...own } = facts;
  const fields: Record<string, unknown> = {};
  const rest: Metadata = {};
  for (const [name, value] of Object.entries(own)) {
    if (FIELDS.has(name)) fields[name] = value;
    else rest[snakeCase(name)] = value;
  }
  return {
    ...fields,
    logType: shape.logType,
    eventType: shape.eventType,
    severity: typeof shape.severity === 'function' ? shape.severity(facts) : shape.severity,
    message: message ?? shape.message(facts),
    timestamp,
    metadata: { ...rest, ...metadata },
  };
}

/** What has a field of its own in an event; all else is metadata. */
const FIELDS: ReadonlySet<string> = new Set<keyof CommonFacts>([
  'userId',
  'resourceId',
  'resourceType',
  'action',
  'requestId',
  'traceId',
  'spanId',
  'durationMs',
  'cost',
]);

/** `inputTokens` as `input_tokens`: how metadata is named wherever it is searched for. */
const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
