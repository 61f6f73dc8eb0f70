import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { encodeJson } from '../support/otlp-encode.ts';
import { attemptsWith, expectNumbered, numbersTo, peerServer } from '../support/peer.ts';
import { freePort, program, whileRunning } from '../support/program.ts';
import { ADMIN_KEY, allEvents, eventually, tempDir } from '../support/server.ts';

/** The OpenTelemetry Collector takes OTLP and passes it on with its own exporters, as teams run it. */
const EVENTS = 400;
const otelcol = program('otelcol');
const peer = peerServer();

interface Exporting {
  exporter: string;
  listener: string;
  compression: string;
}

function configuration(intake: number, to: number, key: string, { exporter, compression }: Exporting): string {
  const endpoint = exporter === 'otlp' ? `127.0.0.1:${to}` : `http://127.0.0.1:${to}`;
  const tls = exporter === 'otlp' ? '\n    tls: { insecure: true }' : '';
  return `
receivers:
  otlp: { protocols: { http: { endpoint: "127.0.0.1:${intake}" } } }
exporters:
  ${exporter}:
    endpoint: "${endpoint}"${tls}
    compression: ${compression}
    headers: { authorization: "Bearer ${key}" }
    retry_on_failure: { initial_interval: 100ms, max_interval: 500ms }
service:
  telemetry: { metrics: { level: none } }
  pipelines: { logs: { receivers: [otlp], exporters: [${exporter}] } }
`;
}

/** Gives the Collector the numbers, ten to a request. */
async function send(intake: number, service: string, from: number, to: number): Promise<void> {
  for (let start = from; start < to; start += 10) {
    const logRecords = numbersTo(start + 10)
      .slice(start)
      .map((i) => ({
        timeUnixNano: BigInt(Date.now()) * 1_000_000n,
        severityNumber: 17,
        body: { stringValue: `order ${i} größe "x"` },
        attributes: [{ key: 'order_no', value: { intValue: BigInt(i) } }],
      }));
    const resource = { attributes: [{ key: 'service.name', value: { stringValue: service } }] };
    const body = encodeJson({ resourceLogs: [{ resource, scopeLogs: [{ logRecords }] }] });
    const headers = { 'content-type': 'application/json' };
    await eventually(async () => {
      const { status } = await fetch(`http://127.0.0.1:${intake}/v1/logs`, { method: 'POST', headers, body });
      return status === 200 ? true : undefined;
    });
  }
}

async function viaCollector(
  exporting: Exporting,
  to: number,
  key: string,
  during: (intake: number) => Promise<void>,
): Promise<void> {
  const intake = await freePort();
  const config = join(tempDir(), 'config.yaml');
  writeFileSync(config, configuration(intake, to, key, exporting));
  await whileRunning(otelcol, [`--config=file:${config}`], () => during(intake));
}

const EXPORTERS: readonly Exporting[] = [
  { exporter: 'otlp', listener: 'otlp.grpc', compression: 'gzip' },
  { exporter: 'otlp', listener: 'otlp.grpc', compression: 'none' },
  { exporter: 'otlphttp', listener: 'otlp.http', compression: 'gzip' },
  { exporter: 'otlphttp', listener: 'http', compression: 'zstd' },
  { exporter: 'otlphttp', listener: 'http', compression: 'snappy' },
];

test.skipIf(otelcol.isMissing).each(EXPORTERS)(
  `OpenTelemetry Collector, $exporter to $listener, $compression, over a restart${otelcol.why}`,
  async (exporting) => {
    const service = Object.values(exporting).join('-');
    const { port } = await peer.gate(exporting.listener);
    await viaCollector(exporting, port, ADMIN_KEY, async (intake) => {
      await send(intake, service, 0, EVENTS / 2);
      await peer.found(service, EVENTS / 2);
      const restarted = peer.restart();
      await send(intake, service, EVENTS / 2, EVENTS);
      await restarted;
      expectNumbered(await peer.found(service, EVENTS), EVENTS, /^order (\d+) größe "x"$/, (i) => ({
        ...{ severity: 'error', receiver: 'otlp', org_id: 'default', metadata: { order_no: i } },
      }));
    });
  },
);

test.skipIf(otelcol.isMissing).each([EXPORTERS[0]!, EXPORTERS[2]!])(
  `OpenTelemetry Collector, $exporter with a wrong key${otelcol.why}`,
  async (exporting) => {
    await viaCollector(exporting, peer.port(exporting.listener), 'tw_no_such_key', async (intake) => {
      await send(intake, 'otelcol-wrong', 0, 10);
      await attemptsWith(peer, '"receiver":"otlp"', '"code":"unauthenticated"');
    });
    expect(await allEvents(peer, 'service=otelcol-wrong&from=-1h')).toEqual([]);
  },
);
