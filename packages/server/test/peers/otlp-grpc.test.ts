import { credentials, Metadata, status } from '@grpc/grpc-js';
import { SeverityNumber } from '@opentelemetry/api';
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-grpc';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchLogRecordProcessor, LoggerProvider, type ReadableLogRecord } from '@opentelemetry/sdk-logs';
import { expect, test } from 'vitest';
import { expectNumbered, type FoundEvent, sharedPeer } from '../support/peer.ts';
import { ADMIN_KEY, allEvents } from '../support/server.ts';

/** The OpenTelemetry SDK sends over gRPC, as its users configure it, with nothing changed but address and key. */
const peer = sharedPeer();

const EVENTS = 500;

interface Exporting {
  key?: string;
  compression?: 'none' | 'gzip';
}

function exporterOf({ key = ADMIN_KEY, compression = 'none' }: Exporting): OTLPLogExporter {
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${key}`);
  return new OTLPLogExporter({
    url: `http://127.0.0.1:${peer.port('otlp.grpc')}`,
    credentials: credentials.createInsecure(),
    metadata,
    compression: compression as never,
  });
}

/** Emits EVENTS events and returns what the exporter said of each batch. */
async function emit(service: string, options: Exporting): Promise<Error[]> {
  const exporter = exporterOf(options);
  const errors: Error[] = [];
  const watched = {
    export: (events: ReadableLogRecord[], done: (result: { code: number; error?: Error }) => void) =>
      exporter.export(events, (result) => {
        if (result.error !== undefined) errors.push(result.error);
        done(result);
      }),
    forceFlush: () => exporter.forceFlush(),
    shutdown: () => exporter.shutdown(),
  };
  const provider = new LoggerProvider({
    resource: resourceFromAttributes({ 'service.name': service, 'host.name': 'box-1' }),
    processors: [new BatchLogRecordProcessor({ exporter: watched, maxExportBatchSize: 64 })],
  });
  const logger = provider.getLogger('shop.cart', '1.2.3');
  for (let i = 0; i < EVENTS; i++) {
    logger.emit({
      timestamp: Date.now(),
      severityNumber: SeverityNumber.ERROR,
      body: `order ${i} "größe" 😀`,
      attributes: { order_no: i, ratio: 0.5, paid: i % 2 === 0, tags: ['a', 'b'] },
    });
  }
  await provider.shutdown();
  return errors;
}

test.each(['none', 'gzip'] as const)('OpenTelemetry Node SDK over gRPC, compression %s', async (compression) => {
  const service = `otel-grpc-${compression}`;
  expect(await emit(service, { compression })).toEqual([]);
  const numberOf = ({ metadata }: FoundEvent) => (metadata as { order_no: number }).order_no;
  expectNumbered(await peer.found(service, EVENTS), EVENTS, numberOf, (number) => ({
    ...{ message: `order ${number} "größe" 😀`, severity: 'error', severity_number: 17, logger: 'shop.cart' },
    ...{ host: 'box-1', receiver: 'otlp', org_id: 'default' },
    metadata: { ratio: 0.5, paid: number % 2 === 0, tags: ['a', 'b'] },
  }));
});

test('a wrong key is refused in words that the SDK understands', async () => {
  const errors = await emit('otel-grpc-wrong', { key: 'tw_no_such_key' });
  expect(errors.length).toBeGreaterThan(0);
  for (const error of errors) expect(error).toMatchObject({ code: status.UNAUTHENTICATED });
  expect(await allEvents(peer, 'service=otel-grpc-wrong&from=-1h')).toEqual([]);
});
