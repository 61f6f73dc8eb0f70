import type { Event } from '@tailwater/schema';
import { cutText } from '../util/cut.ts';
import { quote, timeText } from '../util/json-text.ts';
import { payloadText } from '../util/payload.ts';
import type { Config } from './config.ts';

/** https://cloud.google.com/logging/quotas#log-limits */
const LABELS_MAX = 64;
const LABEL_KEY_BYTES_MAX = 512;
const LABEL_VALUE_BYTES_MAX = 64 * 1024;

/** LogSeverity by OpenTelemetry's number: https://cloud.google.com/logging/docs/reference/v2/rest/v2/LogEntry#logseverity */
export function logSeverity(severityNumber: number): string {
  if (severityNumber < 1 || severityNumber > 24) return 'DEFAULT';
  if (severityNumber <= 8) return 'DEBUG';
  if (severityNumber === 9) return 'INFO';
  if (severityNumber <= 12) return 'NOTICE';
  if (severityNumber <= 16) return 'WARNING';
  if (severityNumber <= 20) return 'ERROR';
  if (severityNumber === 21) return 'CRITICAL';
  return severityNumber === 22 ? 'ALERT' : 'EMERGENCY';
}

/** The LogEntry of an event: https://cloud.google.com/logging/docs/reference/v2/rest/v2/LogEntry */
export function entryText(event: Event, { project, labels, payload }: Config): string {
  const members = [
    `"timestamp":${quote(timeText(event.timestampNs))}`,
    `"severity":"${logSeverity(event.severityNumber)}"`,
    // Entries of the same log, time and id are one: what is sent again is not kept twice.
    `"insertId":${quote(event.eventId)}`,
  ];
  // Cloud Trace knows no other forms of these ids.
  if (/^[0-9a-f]{32}$/.test(event.traceId)) {
    members.push(`"trace":${quote(`projects/${project}/traces/${event.traceId}`)}`);
    if (/^[0-9a-f]{16}$/.test(event.spanId)) members.push(`"spanId":"${event.spanId}"`);
  }
  const own = labelsText({ ...event.labels, ...labels });
  if (own !== '{}') members.push(`"labels":${own}`);
  members.push(`"jsonPayload":${payloadText(event, payload)}`);
  return `{${members.join(',')}}`;
}

function labelsText(labels: Readonly<Record<string, string>>): string {
  const fitting = Object.entries(labels).slice(0, LABELS_MAX);
  return JSON.stringify(
    Object.fromEntries(
      fitting.map(([name, value]) => [cutText(name, LABEL_KEY_BYTES_MAX), cutText(value, LABEL_VALUE_BYTES_MAX)]),
    ),
  );
}
