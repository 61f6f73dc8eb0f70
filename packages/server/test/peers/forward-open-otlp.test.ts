import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { otlp } from '../../src/destinations/otlp/index.ts';
import { hasOpenssl, makeAuthority } from '../support/certificates.ts';
import { countNumbers, deliveryTo, numberedEvents } from '../support/deliver-to-peer.ts';
import { type FoundEvent, sharedPeer } from '../support/peer.ts';
import { freePort, program, whileRunning } from '../support/program.ts';
import { ADMIN_KEY, eventually, tempDir } from '../support/server.ts';

/** The OpenTelemetry Collector takes what the destination sends, and passes it on to a server of ours, where it is read. */
const EVENTS = 400;
const local = program('otelcol');
const otelcol = process.env.OTELCOL === undefined ? local : { path: process.env.OTELCOL, isMissing: false, why: '' };
const peer = sharedPeer();

interface Way {
  protocol: 'http/protobuf' | 'grpc';
  compression: 'gzip' | 'none';
  tls: boolean;
}

const WAYS: readonly Way[] = [
  { protocol: 'http/protobuf', compression: 'gzip', tls: false },
  { protocol: 'http/protobuf', compression: 'none', tls: true },
  { protocol: 'grpc', compression: 'gzip', tls: false },
  { protocol: 'grpc', compression: 'none', tls: true },
];

/** A Collector that takes one protocol, and with TLS only clients that have a certificate. */
function collector(
  way: Way,
  port: number,
): { args: string[]; settings: { config: unknown; secrets: Record<string, string> } } {
  const dir = tempDir();
  const own = {
    url: `${way.tls ? 'https' : 'http'}://127.0.0.1:${port}`,
    protocol: way.protocol,
    compression: way.compression,
  };
  let tls = '';
  let settings = { config: otlp.config.parse(own), secrets: {} as Record<string, string> };
  if (way.tls) {
    const authority = makeAuthority();
    const [server, client] = [authority.issue('IP:127.0.0.1'), authority.issue('DNS:client')];
    const files = { ca: authority.ca, cert: server.cert, key: server.key };
    for (const [name, pem] of Object.entries(files)) writeFileSync(join(dir, name), pem);
    tls = `, tls: { cert_file: ${dir}/cert, key_file: ${dir}/key, client_ca_file: ${dir}/ca }`;
    const config = otlp.config.parse({ ...own, ca: authority.ca, client_certificate: client.cert });
    settings = { config, secrets: { client_key: client.key } };
    authority.close();
  }
  const kind = way.protocol === 'grpc' ? 'grpc' : 'http';
  writeFileSync(
    join(dir, 'config.yaml'),
    `
receivers:
  otlp: { protocols: { ${kind}: { endpoint: "127.0.0.1:${port}"${tls} } } }
exporters:
  otlphttp:
    endpoint: "http://127.0.0.1:${peer.port('otlp.http')}"
    headers: { authorization: "Bearer ${ADMIN_KEY}" }
service:
  telemetry: { metrics: { level: none } }
  pipelines: { logs: { receivers: [otlp], exporters: [otlphttp] } }
`,
  );
  return { args: [`--config=file:${dir}/config.yaml`], settings };
}

test.skipIf(otelcol.isMissing || !hasOpenssl).each(WAYS)(
  `OpenTelemetry Collector, $protocol, $compression, TLS with a client certificate: $tls, over a restart${otelcol.why}`,
  async (way) => {
    const service = `otlp-${Object.values(way).join('-').replace('/', '-')}`;
    const { args, settings } = collector(way, await freePort());
    const delivery = deliveryTo(otlp, settings);
    const second = { failures: 0 };
    try {
      await whileRunning(otelcol, args, async () => {
        await eventually(async () => ((await delivery.test()).every(({ ok }) => ok) ? true : undefined));
        await delivery.send(numberedEvents(service, 0, EVENTS / 2));
      });
      const rest = delivery.send(numberedEvents(service, EVENTS / 2, EVENTS));
      await whileRunning(otelcol, args, async () => {
        second.failures = (await rest).failures;
        // Until it has passed on what it has.
        await peer.found(service, EVENTS);
      });
    } finally {
      await delivery.close();
    }
    expect(second.failures).toBeGreaterThan(0);
    const events = await peer.found(service, EVENTS);
    expect(
      countNumbers(
        events.map(({ message }) => String(message)),
        EVENTS,
      ),
    ).toEqual({ twice: 0 });
    for (const event of events) expectWhole(event);
  },
);

/** All that `sampleEvent` has, but for what comes from a resource here. */
function expectWhole(event: FoundEvent): void {
  expect(event).toMatchObject({
    ...{ receiver: 'otlp', log_type: 'gateway', event_type: 'gateway.request', severity: 'warn', severity_number: 13 },
    ...{ host: 'box-1', logger: 'http', user_id: 'u-1', resource_id: 'r-1', resource_type: 'model', action: 'request' },
    ...{ trace_id: 'a0f81bfd3b4688fdbb096b93da06f28e', span_id: 'bb096b93da06f28e', request_id: 'req-1' },
    ...{ duration_ms: 12.5, cost: 0.25, labels: { region: 'north', tier: 'web', 'tailwater.org_id': 'acme' } },
  });
  expect(event.client_event_id).toMatch(/^[0-9a-f]{22}$/);
  expect(event.metadata).toMatchObject({
    ...{ price: 1.5, big: '123456789012345678901234567890', ok: true, tags: ['a', { b: 1 }] },
    ...{ 'http.status_code': 200, note: 'two\nlines, comma' },
  });
}
