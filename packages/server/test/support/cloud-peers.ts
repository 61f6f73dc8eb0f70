import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { AwsV4Signer } from 'aws4fetch';
import { afterAll, beforeAll } from 'vitest';
import type { DestinationType, EncodedEvent, Settings, TestStep } from '../../src/destinations/destination.ts';
import { batchOf, encoded, loopbackEgress, sampleEvent } from './destination-events.ts';
import { freePort, PROGRAM_ENV, type Program } from './program.ts';
import { eventually } from './server.ts';

/** Runs the program, a cloud's stand-in that somebody else wrote, for the tests of the `describe`. */
export function runningProgram(
  { path, isMissing }: Program,
  args: (port: number, dir: string) => readonly string[],
): { readonly url: string } {
  let port = 0;
  let stop = async () => {};
  beforeAll(async () => {
    if (isMissing) return;
    const dir = mkdtempSync(join(tmpdir(), 'tailwater-peer-'));
    port = await freePort();
    const child = spawn(path, args(port, dir), { cwd: dir, stdio: 'ignore', env: PROGRAM_ENV });
    const ended = once(child, 'exit');
    stop = async () => {
      child.kill('SIGKILL');
      await ended;
      rmSync(dir, { recursive: true, force: true });
    };
    await eventually(() => fetch(`http://127.0.0.1:${port}/`), 50_000);
  });
  afterAll(() => stop());
  return {
    get url() {
      return `http://127.0.0.1:${port}`;
    },
  };
}

/** What the sender would do: numbered events in batches of 500, each batch sent twice, as after a lost answer. */
export async function deliverNumbered(
  type: DestinationType,
  settings: Settings<unknown>,
  { count, isTwice }: { count: number; isTwice: boolean },
): Promise<void> {
  const egress = loopbackEgress();
  const destination = type.open(settings, { egress });
  const { signal } = new AbortController();
  for (let from = 0; from < count; from += 500) {
    const events = Array.from({ length: Math.min(500, count - from) }, (_, i) => sampleEvent(from + i));
    const batch = batchOf(type, events, settings.config);
    for (let time = 0; time < (isTwice ? 2 : 1); time++) {
      const { rejected, again } = await destination.deliver(batch, signal);
      if (rejected.length + again.length > 0) throw new Error(JSON.stringify({ rejected, again }));
    }
  }
  await destination.close();
  await egress.close();
}

/** Steps of the connection test. */
export async function testedSteps(type: DestinationType, settings: Settings<unknown>): Promise<TestStep[]> {
  const egress = loopbackEgress();
  const destination = type.open(settings, { egress });
  const steps: TestStep[] = [];
  const marked: EncodedEvent = encoded(type, sampleEvent(0, { message: 'a marked event' }), settings.config);
  await destination.test(marked, (step) => steps.push(step), new AbortController().signal);
  await destination.close();
  await egress.close();
  return steps;
}

/** Numbers of the sample events in a text of one JSON event a line, in order of the lines. */
export function numbersIn(ndjson: string): number[] {
  return ndjson
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => Number(/^event (\d+):/.exec((JSON.parse(line) as { message: string }).message)?.[1]));
}

export const unpacked = (body: Uint8Array) => gunzipSync(body).toString();

/** A request to Amazon's stand-in, signed by other code than that which sends events. */
export async function awsCall(
  url: string,
  service: string,
  keys: { access_key_id: string; secret_access_key: string },
  init: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Response> {
  const signed = await new AwsV4Signer({
    ...{ url, service, region: 'eu-central-1', method: init.method ?? 'GET', headers: init.headers ?? {} },
    ...{ accessKeyId: keys.access_key_id, secretAccessKey: keys.secret_access_key },
    ...(init.body === undefined ? {} : { body: init.body }),
  }).sign();
  const response = await fetch(signed.url, { ...init, method: signed.method, headers: signed.headers });
  if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`);
  return response;
}
