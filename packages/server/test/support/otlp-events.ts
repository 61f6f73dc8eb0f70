import type { OtlpKeyValue, OtlpLogRecord, OtlpRequest, OtlpValue } from './otlp-encode.ts';

/** An event in the platform's JSON, as the benchmark's generator writes them. */
interface JsonEvent {
  ts: string;
  log_type: string;
  event_type: string;
  severity: string;
  service: string;
  host: string;
  trace_id: string;
  user_id: string;
  message: string;
  metadata: Record<string, unknown>;
  duration_ms?: number;
  cost?: number;
}

const SEVERITY_NUMBERS: Record<string, number> = { debug: 5, info: 9, warn: 13, error: 17, critical: 21 };

/**
 * The benchmark's events (NDJSON lines) as one OTLP request, one resource per service and host, the way an SDK would
 * have sent them: resource attributes that every SDK adds, a scope, the event name in its own field.
 */
export function otlpRequestOf(lines: readonly string[]): OtlpRequest {
  const resources = new Map<string, OtlpLogRecord[]>();
  const request: OtlpRequest = { resourceLogs: [] };
  for (const line of lines) {
    const event: JsonEvent = JSON.parse(line);
    const key = `${event.service}/${event.host}`;
    let logRecords = resources.get(key);
    if (logRecords === undefined) {
      logRecords = [];
      resources.set(key, logRecords);
      request.resourceLogs.push({
        resource: { attributes: resourceAttributes(event) },
        scopeLogs: [{ scope: { name: `${event.service}.logger` }, logRecords }],
      });
    }
    logRecords.push(logRecordOf(event));
  }
  return request;
}

function resourceAttributes(event: JsonEvent): OtlpKeyValue[] {
  return [
    { key: 'service.name', value: { stringValue: event.service } },
    { key: 'host.name', value: { stringValue: event.host } },
    { key: 'telemetry.sdk.name', value: { stringValue: 'opentelemetry' } },
    { key: 'telemetry.sdk.language', value: { stringValue: 'nodejs' } },
    { key: 'deployment.environment.name', value: { stringValue: 'production' } },
  ];
}

function logRecordOf(event: JsonEvent): OtlpLogRecord {
  const seconds = Date.parse(`${event.ts.slice(0, 19)}Z`) / 1000;
  const timeUnixNano = BigInt(seconds) * 1_000_000_000n + BigInt(event.ts.slice(20, -1).padEnd(9, '0'));
  const attributes: OtlpKeyValue[] = [
    { key: 'log_type', value: { stringValue: event.log_type } },
    { key: 'user_id', value: { stringValue: event.user_id } },
    ...Object.entries(event.metadata).map(([key, value]) => ({ key, value: otlpValueOf(value) })),
  ];
  if (event.duration_ms !== undefined)
    attributes.push({ key: 'duration_ms', value: { doubleValue: event.duration_ms } });
  if (event.cost !== undefined) attributes.push({ key: 'cost', value: { doubleValue: event.cost } });
  return {
    timeUnixNano,
    severityNumber: SEVERITY_NUMBERS[event.severity],
    severityText: event.severity.toUpperCase(),
    body: { stringValue: event.message },
    attributes,
    traceId: Buffer.from(event.trace_id, 'hex'),
    observedTimeUnixNano: timeUnixNano + 150_000n,
    eventName: event.event_type,
  };
}

function otlpValueOf(value: unknown): OtlpValue {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value === 'number') return Number.isInteger(value) ? { intValue: BigInt(value) } : { doubleValue: value };
  if (Array.isArray(value)) return { arrayValue: { values: value.map(otlpValueOf) } };
  return {
    kvlistValue: { values: Object.entries(value as object).map(([key, item]) => ({ key, value: otlpValueOf(item) })) },
  };
}
