import type { Event } from '@tailwater/schema';
import { FACILITIES, type SyslogConfig } from './config.ts';

/** Limits of RFC 5424 §6, characters. */
const [HOST_MAX, APP_MAX, PROCID_MAX, MSGID_MAX, NAME_MAX] = [255, 48, 128, 32, 32];
/** What the receiver `syslog` calls parts of the header; an event that came so goes out so. */
const [FACILITY, PROCID, MSGID] = ['syslog.facility', 'syslog.procid', 'syslog.msgid'];
/** `ex@1.key`: a parameter of structured data as that receiver names it. */
const FOREIGN = /^([!#-<>-\\^-~]{1,32}@[\d.]*\d)\.([!#-<>-\\^-~]{1,32})$/;

/** A message of RFC 5424, without its frame. */
export function messageOf(event: Event, config: SyslogConfig): string {
  const attribute = (name: string) => event.attributes[name]?.text ?? '';
  const facility = FACILITIES.indexOf(attribute(FACILITY) as (typeof FACILITIES)[number]);
  const priority =
    (facility < 0 ? FACILITIES.indexOf(config.facility) : facility) * 8 + severityOf(event.severityNumber);
  const header = [
    `<${priority}>1`,
    timeOf(event.timestampNs),
    headerField(event.host, HOST_MAX),
    headerField(event.service, APP_MAX),
    headerField(attribute(PROCID), PROCID_MAX),
    headerField(attribute(MSGID) || event.eventType, MSGID_MAX),
  ];
  return `${header.join(' ')} ${structuredData(event, config)} ${event.message}`;
}

/** Lengths count bytes. A line feed is what ends a message without a count, so none may be in it; rsyslog writes #012 too. */
export function framed(message: string, framing: SyslogConfig['framing']): string {
  if (framing === 'octet-counted') return `${Buffer.byteLength(message)} ${message}`;
  return `${message.replace(/[\r\n\0]/g, (character) => `#${character.charCodeAt(0).toString(8).padStart(3, '0')}`)}\n`;
}

/** OpenTelemetry's numbers as the receiver reads them: https://opentelemetry.io/docs/specs/otel/logs/data-model-appendix/ */
function severityOf(number: number): number {
  if (number >= 23) return 0;
  if (number >= 21) return 23 - number;
  if (number >= 17) return 3;
  if (number >= 13) return 4;
  if (number >= 10) return 5;
  return number === 9 ? 6 : 7;
}

/** RFC 5424 has six digits at most behind the second. */
function timeOf(timestampNs: bigint): string {
  const micros = timestampNs / 1000n;
  const iso = new Date(Number(micros / 1000n)).toISOString();
  return `${iso.slice(0, -1)}${String(((micros % 1000n) + 1000n) % 1000n).padStart(3, '0')}Z`;
}

/** Printable ASCII without spaces; `-` is none. What was changed is whole in the structured data. */
function headerField(text: string, lengthMax: number): string {
  return text.replace(/[^!-~]/g, '_').slice(0, lengthMax) || '-';
}

type Parameters = Map<string, string>;

function structuredData(event: Event, { enterprise_id }: SyslogConfig): string {
  const elements = new Map<string, Parameters>();
  const add = (element: string, name: string, value: string) => {
    const id = element.includes('@') ? element : `${element}@${enterprise_id}`;
    const parameters = elements.get(id) ?? new Map<string, string>();
    elements.set(id, parameters.set(freeName(name, parameters), value));
  };
  for (const [name, value] of Object.entries(ownParameters(event))) if (value !== '') add('tailwater', name, value);
  for (const [name, { text }] of Object.entries(event.attributes)) {
    if (name === FACILITY || name === PROCID || name === MSGID) continue;
    const [, id, parameter] = FOREIGN.exec(name) ?? [];
    if (id !== undefined && parameter !== undefined) add(id, parameter, text);
    else add('attributes', name, text);
  }
  for (const [name, value] of Object.entries(event.labels)) add('labels', name, value);
  const texts = [...elements].map(([id, parameters]) => `[${id}${[...parameters].map(parameterText).join('')}]`);
  return texts.join('') || '-';
}

function ownParameters(event: Event): Record<string, string> {
  const isChanged =
    headerField(event.service, APP_MAX) !== event.service || headerField(event.host, HOST_MAX) !== event.host;
  return {
    event_id: event.eventId,
    org_id: event.orgId,
    log_type: event.logType,
    event_type: event.eventType,
    severity: event.severity,
    ...(isChanged && { service: event.service, host: event.host }),
    logger: event.logger,
    user_id: event.userId,
    resource_id: event.resourceId,
    resource_type: event.resourceType,
    action: event.action,
    trace_id: event.traceId,
    span_id: event.spanId,
    request_id: event.requestId,
    client_event_id: event.clientEventId,
    duration_ms: event.durationMs === null ? '' : String(event.durationMs),
    cost: event.cost === null ? '' : String(event.cost),
  };
}

/** Printable ASCII but `= ] "` and space, 32 at most; of two that become one, the second is told apart. */
function freeName(given: string, taken: ReadonlyMap<string, string>): string {
  const name = given.replace(/[^!#-<>-\\^-~]/g, '_').slice(0, NAME_MAX) || '_';
  if (!taken.has(name)) return name;
  for (let i = 2; ; i++) {
    const numbered = `${name.slice(0, NAME_MAX - 1 - String(i).length)}_${i}`;
    if (!taken.has(numbered)) return numbered;
  }
}

function parameterText([name, value]: [string, string]): string {
  return ` ${name}="${value.replace(/["\\\]]/g, '\\$&')}"`;
}
