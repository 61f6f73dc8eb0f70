import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { sampleEvent } from '../../../../test/support/destination-events.ts';
import type { DeliveryBatch } from '../../destination.ts';
import { objectFields, objectLimits } from './config.ts';
import { encodeForObject, objectsOf, type StoredObject } from './objects.ts';

const schema = z.strictObject(objectFields);
const HOUR_NS = 3_600_000_000_000n;
/** 2026-11-21T10:00:00Z */
const TIME_NS = 1_795_255_200_000_000_000n;

function batch(settings: object, timesNs: readonly bigint[]): DeliveryBatch {
  const config = schema.parse(settings);
  const events = timesNs.map((timestampNs, i) => {
    const event = sampleEvent(i, { timestampNs, receivedAtMs: Number((TIME_NS + HOUR_NS) / 1_000_000n) });
    return { eventId: event.eventId, timestampNs, bytes: encodeForObject(event, config) };
  });
  return { id: 'batch-1', orgId: 'acme', events };
}

async function objects(settings: object, timesNs: readonly bigint[], more: Partial<DeliveryBatch> = {}) {
  const found: StoredObject[] = [];
  for await (const object of objectsOf({ ...batch(settings, timesNs), ...more }, schema.parse(settings)))
    found.push(object);
  return found;
}

const messages = ({ body }: StoredObject) =>
  gunzipSync(body)
    .toString()
    .trimEnd()
    .split('\n')
    .map((line) => Number(/\d+/.exec((JSON.parse(line) as { message: string }).message)![0]));

const TIMES = [TIME_NS, TIME_NS + HOUR_NS, TIME_NS - 1n, TIME_NS + 1n, TIME_NS - 30n * HOUR_NS];

test('an object for each hour of the events, each in the order of the batch', async () => {
  const found = await objects({ prefix: 'logs/x' }, TIMES);
  expect(found.map((object) => [object.key.replace(/[^/]+$/, ''), messages(object)])).toEqual([
    ['logs/x/acme/2026/11/21/10/', [0, 3]],
    ['logs/x/acme/2026/11/21/11/', [1]],
    ['logs/x/acme/2026/11/21/09/', [2]],
    ['logs/x/acme/2026/11/20/04/', [4]],
  ]);
});

test('one object for what arrived in one hour; nothing of that is in its lines', async () => {
  const found = await objects({ partition_by: 'arrival' }, TIMES);
  expect(found.map((object) => [object.key.replace(/[^/]+$/, ''), messages(object)])).toEqual([
    ['acme/2026/11/21/11/', [0, 1, 2, 3, 4]],
  ]);
});

test('key and bytes are the same whenever the batch is sent, and others for another batch', async () => {
  const first = await objects({}, TIMES);
  expect(await objects({}, TIMES)).toEqual(first);
  const other = await objects({}, TIMES, { id: 'batch-2' });
  expect(other.map(({ body }) => body)).toEqual(first.map(({ body }) => body));
  expect(new Set([...first, ...other].map(({ key }) => key)).size).toBe(8);
});

test('an org cannot leave its place', async () => {
  const [found] = await objects({}, [TIME_NS], { orgId: '../../other org' });
  expect(found!.key).toMatch(/^\.\._\.\._other_org\/2026\//);
  const [dots] = await objects({}, [TIME_NS], { orgId: '..' });
  expect(dots!.key).toMatch(/^_\/2026\//);
});

test.each(['/logs', 'logs/', 'a//b', '..', 'a/../b', './a', 'a b', 'a?b', 'a#b', 'a%2fb'])(
  'the prefix %j is refused',
  (prefix) => {
    expect(schema.safeParse({ prefix }).success).toBe(false);
  },
);

test.each(['', 'logs', 'a/b/c', "dt=2026/it's(a)!*", '.a/b.c/...'])('the prefix %j is taken', (prefix) => {
  expect(schema.safeParse({ prefix }).success).toBe(true);
});

test('size and age are set by the user', () => {
  expect(objectLimits(schema.parse({ object_bytes_max: 1_000_000, object_age_s_max: 60 }))).toMatchObject({
    ...{ bytesMax: 1_000_000, eventBytesMax: 1_000_000, ageMsMax: 60_000 },
  });
});
