import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { SeverityNumber } from '@opentelemetry/api';
import { OTLPLogExporter as JsonExporter } from '@opentelemetry/exporter-logs-otlp-http';
import { OTLPLogExporter as ProtobufExporter } from '@opentelemetry/exporter-logs-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import winston from 'winston';
import LokiTransport from 'winston-loki';
import { expectNumbered, sharedPeer } from '../support/peer.ts';
import { ADMIN_KEY } from '../support/server.ts';

/** Clients that nobody here wrote send; every event is found with all its fields. */
const peer = sharedPeer();

const EVENTS = 200;
const headers = { authorization: `Bearer ${ADMIN_KEY}` };

const exporters = [
  ['protobuf', ProtobufExporter],
  ['json', JsonExporter],
] as const;

test.each(exporters)('OpenTelemetry Node SDK over HTTP, %s', async (encoding, Exporter) => {
  const service = `otel-${encoding}`;
  const exporter = new Exporter({ url: `http://127.0.0.1:${peer.port('otlp.http')}/v1/logs`, headers });
  const provider = new LoggerProvider({
    resource: resourceFromAttributes({
      'service.name': service,
      'host.name': 'box-1',
      'deployment.environment.name': 'test',
    }),
    processors: [new BatchLogRecordProcessor({ exporter, maxExportBatchSize: 64 })],
  });
  const logger = provider.getLogger('myapp.auth', '1.2.3');
  for (let i = 0; i < EVENTS; i++) {
    logger.emit({
      timestamp: Date.now(),
      severityNumber: SeverityNumber.WARN,
      severityText: 'WARN',
      eventName: 'login_failed',
      body: `login ${i} failed`,
      attributes: { 'user.id': `u${i}`, attempt: i, ratio: 0.5, mfa: true, tags: ['a', 'b'] },
    });
  }
  await provider.shutdown();
  const events = await peer.found(service, EVENTS);
  expectNumbered(events, EVENTS, ({ user_id }) => Number(String(user_id).slice(1)));
  const seventh = events.find((event) => event.user_id === 'u7');
  expect(seventh).toMatchObject({
    message: 'login 7 failed',
    severity: 'warn',
    severity_number: 13,
    event_type: 'login_failed',
    logger: 'myapp.auth',
    host: 'box-1',
    receiver: 'otlp',
    org_id: 'default',
    metadata: { attempt: 7, ratio: 0.5, mfa: true, tags: ['a', 'b'], 'otel.scope.version': '1.2.3' },
    labels: { 'service.name': service, 'deployment.environment.name': 'test' },
  });
});

test('pino-loki', async () => {
  const transport = pino.transport({
    target: 'pino-loki',
    options: {
      host: peer.url,
      headers,
      batching: { interval: 1 },
      labels: { service_name: 'pino-app', env: 'test' },
    },
  });
  const logger = pino({ level: 'debug' }, transport);
  for (let i = 0; i < EVENTS; i++) logger.error({ request_no: i }, `request ${i} failed`);
  const events = await peer.found('pino-app', EVENTS);
  transport.end();
  expect(events.every((event) => event.severity === 'error' && event.receiver === 'loki')).toBe(true);
  expect(events[0].labels).toMatchObject({ env: 'test', service_name: 'pino-app' });
  expectNumbered(events, EVENTS, /request (\d+) failed/);
});

test.each([
  ['protobuf', false],
  ['json', true],
])('winston-loki, %s', async (encoding, json) => {
  const service = `winston-${encoding}`;
  const transport = new LokiTransport({
    host: peer.url,
    json,
    headers,
    interval: 1,
    labels: { service_name: service, job: 'winston' },
    format: winston.format.json(),
  });
  const logger = winston.createLogger({ level: 'debug', transports: [transport] });
  for (let i = 0; i < EVENTS; i++) logger.warn(`job ${i} slow`, { job_no: i });
  const events = await peer.found(service, EVENTS);
  logger.close();
  expect(events.every((event) => event.severity === 'warn' && event.receiver === 'loki')).toBe(true);
  expectNumbered(events, EVENTS, /job (\d+) slow/);
});

test('curl: an object, an array and lines, with every field of the platform', async () => {
  const event = {
    log_type: 'billing',
    event_type: 'invoice_paid',
    severity: 'critical',
    message: 'paid',
    user_id: 'u1',
    resource_id: 'in_1',
    resource_type: 'invoice',
    action: 'pay',
    metadata: { amount: 12.5, nested: { ok: true } },
    duration_ms: 3.25,
    cost: 0.001,
    trace_id: '0af7651916cd43dd8448eb211c80319c',
    span_id: 'b7ad6b7169203331',
    request_id: 'r-1',
    service: 'curl-app',
    host: 'h1',
    logger: 'billing.core',
    timestamp: new Date().toISOString(),
    event_id: 'client-1',
  };
  const bodies = [
    JSON.stringify(event),
    JSON.stringify([event, event]),
    `${JSON.stringify(event)}\n${JSON.stringify(event)}\n`,
  ];
  for (const body of bodies) {
    const args = [
      '-sS',
      '--fail',
      '-H',
      `Authorization: Bearer ${ADMIN_KEY}`,
      '--data-binary',
      body,
      `${peer.url}/api/logs?ack=stored`,
    ];
    const { stdout } = await promisify(execFile)('curl', args);
    expect(JSON.parse(stdout)).toMatchObject({ rejected: [], stored: true });
  }
  const events = await peer.found('curl-app', 5);
  expect(events.length).toBe(5);
  const { timestamp, event_id, metadata, ...fields } = event;
  for (const each of events) {
    expect(each).toMatchObject({ ...fields, client_event_id: event_id, metadata: { amount: 12.5, 'nested.ok': true } });
    expect(Date.parse(String(each.timestamp))).toBe(Date.parse(timestamp));
  }
});
