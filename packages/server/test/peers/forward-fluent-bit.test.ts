import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { DestinationType, TestStep } from '../../src/destinations/destination.ts';
import { elasticsearch } from '../../src/destinations/elasticsearch/index.ts';
import { splunkHec } from '../../src/destinations/splunk-hec/index.ts';
import { webhook } from '../../src/destinations/webhook/index.ts';
import { batchOf, encoded, loopbackEgress, sampleEvent } from '../support/destination-events.ts';
import { numbersTo } from '../support/peer.ts';
import { freePort, program, whileRunning } from '../support/program.ts';
import { eventually, removeTempDirs, tempDir } from '../support/server.ts';

/** Our Splunk, Elasticsearch and webhook destinations against the inputs that Fluent Bit has for their protocols. */
const EVENTS = 2400;
const fluentBit = program('fluent-bit');
const egress = loopbackEgress();
const signal = () => new AbortController().signal;
/** 2026-11-21T10:00:00Z, each event a millisecond later. */
const timeOf = (number: number) => 1_795_255_200_000_000_000n + BigInt(number) * 1_000_000n;

function lackOf(input: string): string {
  if (fluentBit.isMissing) return fluentBit.why;
  const { stdout } = spawnSync(fluentBit.path, ['--help'], { encoding: 'utf8' });
  return new RegExp(`^ {2}${input}\\s`, 'm').test(stdout) ? '' : ` (skipped: fluent-bit has no input ${input})`;
}

afterAll(async () => {
  await egress.close();
  removeTempDirs();
});

type Row = Record<string, unknown>;

/** Runs Fluent Bit with one input; what it takes, it hands on as lines of JSON. */
async function withInput(
  input: string,
  options: string,
  during: (origin: string, rows: Row[]) => Promise<void>,
): Promise<void> {
  const rows: Row[] = [];
  const sink = createServer(async (incoming, answer) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const lines = Buffer.concat(chunks).toString().split('\n');
    rows.push(...lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Row));
    answer.end();
  });
  sink.listen(0, '127.0.0.1');
  await once(sink, 'listening');
  const port = await freePort();
  const file = join(tempDir(), 'fluent-bit.conf');
  const output = `[OUTPUT]
    name http
    match *
    host 127.0.0.1
    port ${(sink.address() as AddressInfo).port}
    format json_lines
    json_date_key sent_at
    json_date_format epoch_ms
    retry_limit no_limits
`;
  const head = `[SERVICE]\n    flush 0.2\n[INPUT]\n    name ${input}\n    listen 127.0.0.1\n    port ${port}\n`;
  writeFileSync(file, `${head}${options}${output}`);
  try {
    await whileRunning(fluentBit, ['-c', file], async () => {
      const origin = `http://127.0.0.1:${port}`;
      await eventually(async () => ((await fetch(origin)).status > 0 ? true : undefined));
      await during(origin, rows);
    });
  } finally {
    sink.closeAllConnections();
    sink.close();
  }
}

/** The test call, then all events in batches that are as large as may be. */
async function deliverAll(type: DestinationType, config: unknown, secrets: Record<string, string>): Promise<void> {
  const destination = type.open({ config, secrets }, { egress });
  const event = (i: number) => sampleEvent(i, { message: `order ${i} größe "x"`, timestampNs: timeOf(i) });
  const steps: TestStep[] = [];
  await destination.test(encoded(type, event(EVENTS), config), (step) => steps.push(step), signal());
  expect(steps.filter(({ ok }) => !ok)).toEqual([]);
  const { eventsMax } = type.limits(config);
  for (let from = 0; from < EVENTS; from += eventsMax) {
    const events = numbersTo(Math.min(EVENTS, from + eventsMax))
      .slice(from)
      .map(event);
    const result = await destination.deliver(batchOf(type, events, config), signal());
    expect(result).toMatchObject({ rejected: [], again: [] });
  }
}

/** Every number once, the marked event too. */
async function expectAll(rows: Row[], messageOf: (row: Row) => unknown): Promise<Map<number, Row>> {
  await eventually(async () => (rows.length >= EVENTS + 1 ? true : undefined), 60_000);
  const numberOf = (row: Row) => Number(/^order (\d+) größe "x"$/.exec(String(messageOf(row)))?.[1]);
  expect(rows.map(numberOf).toSorted((a, b) => a - b)).toEqual(numbersTo(EVENTS + 1));
  return new Map(rows.map((row) => [numberOf(row), row]));
}

test.skipIf(lackOf('splunk') !== '')(`splunk${lackOf('splunk')}`, async () => {
  await withInput('splunk', '    splunk_token t0k3n-of-the-collector\n', async (origin, rows) => {
    const config = splunkHec.config.parse({ url: origin, index: 'main' });
    await deliverAll(splunkHec, config, { token: 't0k3n-of-the-collector' });
    const found = await expectAll(rows, ({ event }) => (event as Row).message);
    for (const row of found.values()) {
      expect(row).toMatchObject({
        host: 'box-1',
        source: 'http',
        index: 'main',
        event: { attributes: { price: 1.5 } },
      });
    }
    const wrong = splunkHec.open({ config, secrets: { token: 'another-token' } }, { egress });
    const sent = wrong.deliver(batchOf(splunkHec, [sampleEvent(0)], config), signal());
    await expect(sent).rejects.toMatchObject({ code: 'destination_unauthorized' });
  });
});

test.skipIf(lackOf('elasticsearch') !== '')(`elasticsearch${lackOf('elasticsearch')}`, async () => {
  await withInput('elasticsearch', '    buffer_max_size 20M\n', async (origin, rows) => {
    await deliverAll(elasticsearch, elasticsearch.config.parse({ url: origin, auth: 'none' }), {});
    const found = await expectAll(rows, ({ message }) => message);
    for (const [number, row] of found) {
      expect(row).toMatchObject({ 'log.level': 'warn', attributes: { price: 1.5 }, labels: { region: 'north' } });
      expect(Date.parse(String(row['@timestamp']))).toBe(Number(timeOf(number) / 1_000_000n));
    }
  });
});

test.skipIf(lackOf('http') !== '')(`webhook into http${lackOf('http')}`, async () => {
  await withInput('http', '    buffer_max_size 20M\n', async (origin, rows) => {
    const config = webhook.config.parse({
      ...{ url: `${origin}/tailwater`, batch: 'array', compression: 'gzip', events_max: 500 },
      template: '{"text": "{{message}}", "price": "{{metadata.price}}", "at": "{{timestamp}}"}',
    });
    await deliverAll(webhook, config, {});
    const found = await expectAll(rows, ({ text }) => text);
    for (const row of found.values()) expect(row).toMatchObject({ price: 1.5 });
  });
});
