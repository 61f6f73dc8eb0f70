import { ERROR_CODES, type ErrorCode, type Event } from '@tailwater/schema';
import { describe, expect, test } from 'vitest';
import type { EventBatch } from '../../src/batch/event-batch.ts';
import { contentEncodings } from '../../src/http/content-encodings.ts';
import { expand } from '../../src/pipeline/expand.ts';
import type { DecodeRequest, HttpAnswer, IngestOutcome, Receiver, RequestHead } from '../../src/receivers/receiver.ts';
import { newBatch, storedEvents } from '../../src/receivers/util/test-batch.ts';
import { PermanentError, RetryableError } from '../../src/runtime/errors.ts';
import {
  contentHeaders,
  encodeContent,
  type SampleEvent,
  type SampleRoute,
  sampleParams,
  samplePath,
} from '../support/receiver-samples.ts';

const LIMITS = { eventBytesMax: 2000, batchEventsMax: 50 };
const BODY_BYTES_MAX = 1 << 20;

const EVENTS: readonly SampleEvent[] = [
  { message: 'first', service: 'api', host: 'box-1', attributes: { plan: 'free' } },
  { message: 'second', traceId: 'a0f81bfd3b4688fdbb096b93da06f28e', labels: { region: 'north' } },
  { message: 'größe 😀 "quoted" \\ back' },
];

/**
 * What receivers/receiver.ts asks of every receiver. R1, that success is answered only when the events are durable,
 * needs a process to kill: test/app/lifecycle.test.ts does that, over the same routes.
 */
export function receiverContract(receiver: Receiver, routes: readonly SampleRoute[]): void {
  describe(`receiver: ${receiver.id}`, () => {
    test('every route has a form of sending here', () => {
      expect(new Set(routes.map(({ route }) => route))).toEqual(new Set(receiver.routes));
      expect(receiver.id).toMatch(/^[a-z][a-z0-9-]*$/);
    });

    describe.each(routes)('$title', (sample) => {
      test('R2 the same bytes are the same events, whatever the batch and the caches held before', () =>
        decodesPurely(sample));
      test('R3 one bad event takes no neighbours with it', () => keepsNeighbours(sample));
      test('R4 of a body that is cut off anywhere, all is read or PermanentError is thrown', () =>
        readsPrefixes(sample));
      test('R4 nothing but PermanentError is thrown for bytes that mean nothing', () => refusesNoise(sample));
      test('R4 too many events: the limit is named', () => namesBatchLimit(sample));
      test('R5 encodings: all that `encodings` says, at most what `expand` can undo', () => readsEncodings(sample));
      test.each(PERMANENT)('R5 %s is a 4xx in the words of the protocol', (code) => refuses(sample, code));
      test.each(RETRYABLE)('R5 %s is a status that is retried, with Retry-After', (code) => defers(sample, code));
      test('R5 success is 2xx, also when some were rejected and that is told', () => answersSuccess(sample));
    });
  });
}

const codes = Object.keys(ERROR_CODES) as ErrorCode[];
const PERMANENT = codes.filter((code) => ERROR_CODES[code].status < 500 && code !== 'rate_limited');
const RETRYABLE = codes.filter((code) => ERROR_CODES[code].status > 500 || code === 'rate_limited');

function headOf({ route, format }: SampleRoute): RequestHead {
  return {
    method: route.method,
    path: samplePath(route),
    query: new URLSearchParams(),
    params: sampleParams(route),
    headers: contentHeaders(format),
  };
}

function requestOf(sample: SampleRoute): DecodeRequest {
  return {
    format: sample.route.format(headOf(sample)),
    query: '',
    params: sampleParams(sample.route),
    receivedAtMs: 1_800_000_000_000,
  };
}

/** As the ingest worker does it: what a failed decode left is taken back. */
function decodeInto(batch: EventBatch, sample: SampleRoute, body: Buffer): PermanentError | null {
  const mark = batch.mark();
  batch.beginRequest();
  try {
    sample.route.decode(body, batch, requestOf(sample));
    return null;
  } catch (error) {
    batch.rewind(mark);
    // R4: anything else fails the test that called.
    if (!(error instanceof PermanentError)) throw error;
    expect(error.status).toBeGreaterThanOrEqual(400);
    expect(error.status).toBeLessThan(500);
    return error;
  }
}

function eventsOf(sample: SampleRoute, body: Buffer, batch = newBatch(LIMITS)): Event[] {
  batch.clear();
  expect(decodeInto(batch, sample, body)).toBeNull();
  return storedEvents(batch);
}

function decodesPurely(sample: SampleRoute): void {
  const body = sample.format.encode(EVENTS);
  const bytes = Buffer.from(body);
  const fresh = eventsOf(sample, body);
  expect(fresh.map(({ message }) => message)).toEqual(EVENTS.map(({ message }) => message));
  const used = newBatch(LIMITS);
  const other = EVENTS.map((event) => ({ ...event, service: 'other', labels: { region: 'south' } })).reverse();
  eventsOf(sample, sample.format.encode(other), used);
  expect(eventsOf(sample, body, used)).toEqual(fresh);
  expect(body.equals(bytes)).toBe(true);
}

function keepsNeighbours(sample: SampleRoute): void {
  const huge: SampleEvent = { message: 'x'.repeat(LIMITS.eventBytesMax + 1) };
  const batch = newBatch(LIMITS);
  batch.clear();
  expect(decodeInto(batch, sample, sample.format.encode([huge, EVENTS[0]!, huge, EVENTS[2]!, huge]))).toBeNull();
  expect(storedEvents(batch).map(({ message }) => message)).toEqual([EVENTS[0]!.message, EVENTS[2]!.message]);
  expect(batch.rejectedCount).toBe(3);
  expect(batch.rejections.map(({ index }) => index)).toEqual([0, 2, 4]);
  for (const { code, error } of batch.rejections) {
    expect(ERROR_CODES[code].status).toBe(400);
    expect(error).toContain(String(LIMITS.eventBytesMax));
  }
}

function readsPrefixes(sample: SampleRoute): void {
  const body = sample.format.encode(EVENTS);
  const batch = newBatch(LIMITS);
  let noticed = 0;
  for (let length = 0; length < body.length; length++) {
    batch.clear();
    const error = decodeInto(batch, sample, body.subarray(0, length));
    if (error === null) {
      // What was read is sound: it goes through a frame.
      expect(storedEvents(batch).length).toBeLessThanOrEqual(EVENTS.length);
      if (batch.rejectedCount > 0) noticed++;
      continue;
    }
    noticed++;
    expect(batch.rows).toBe(0);
    inWords(sample, { kind: 'failed', error, orgId: 'acme', requestId: 'r1' });
  }
  // A cut that no format notices would be a loss without a word.
  if (sample.format.hidesCuts !== true) expect(noticed).toBeGreaterThan(body.length / 2);
}

/** Bytes that are no protobuf, no JSON, or JSON of another shape. */
const NOISE: readonly Buffer[] = [
  Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
  Buffer.from([0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f]),
  Buffer.alloc(300, 0x0a),
  Buffer.alloc(300, 0),
  Buffer.from('<html>'),
  Buffer.from('{"streams":7,"resourceLogs":"x"}'),
  Buffer.from('[[[[[[[[[['.repeat(1000)),
  Buffer.from('{"a":'.repeat(10_000)),
  Buffer.from('\ufeff{}'),
  Buffer.from([0xc3, 0x28, 0xed, 0xa0, 0x80]),
];

function refusesNoise(sample: SampleRoute): void {
  const batch = newBatch(LIMITS);
  for (const body of NOISE) {
    batch.clear();
    const error = decodeInto(batch, sample, body);
    if (error !== null) inWords(sample, { kind: 'failed', error, orgId: 'acme', requestId: 'r1' });
  }
  // The batch is still good for the next request.
  expect(eventsOf(sample, sample.format.encode(EVENTS), batch)).toHaveLength(EVENTS.length);
}

function namesBatchLimit(sample: SampleRoute): void {
  const batch = newBatch(LIMITS);
  batch.clear();
  const error = decodeInto(batch, sample, sample.format.encodeMany(LIMITS.batchEventsMax + 1));
  expect(error).toMatchObject({ code: 'too_many_events', message: expect.stringContaining('limits.batchEventsMax') });
  expect(batch.rows).toBe(0);
  batch.clear();
  expect(decodeInto(batch, sample, sample.format.encodeMany(LIMITS.batchEventsMax))).toBeNull();
  expect(batch.rows).toBe(LIMITS.batchEventsMax);
}

function readsEncodings(sample: SampleRoute): void {
  const { route, format } = sample;
  const body = format.encode(EVENTS);
  const encodings = route.encodings(route.format(headOf(sample)));
  expect(encodings[0]).toBe(format.encoding);
  for (const encoding of encodings) {
    const headers = { 'content-encoding': encoding };
    const layers = contentEncodings(route, format.name, { headers });
    const sent = layers.reduce(encodeContent, body);
    expect(expand(sent, layers, BODY_BYTES_MAX).equals(body)).toBe(true);
  }
}

const retryAfter = ({ headers }: HttpAnswer) => headers['retry-after'];

/** The answer, checked to have the protocol's form, and its words. */
function inWords(sample: SampleRoute, outcome: IngestOutcome): HttpAnswer & { words: string } {
  const answer = sample.route.respond(outcome, headOf(sample));
  return { ...answer, words: sample.samples.refusalText(answer, sample.format) };
}

function refuses(sample: SampleRoute, code: ErrorCode): void {
  const error = new PermanentError(code, 'expected something else', 'x');
  const answer = inWords(sample, { kind: 'failed', error, orgId: 'acme', requestId: 'r1' });
  expect(answer.words).toContain('expected something else');
  expect(answer.status).toBeGreaterThanOrEqual(400);
  expect(answer.status).toBeLessThan(500);
  expect(sample.samples.retried).not.toContain(answer.status);
  expect(retryAfter(answer)).toBeUndefined();
  // What tells a client to log in, to split or to go elsewhere has one status in every protocol.
  if ([401, 403, 404, 405, 413].includes(ERROR_CODES[code].status))
    expect(answer.status).toBe(ERROR_CODES[code].status);
}

function defers(sample: SampleRoute, code: ErrorCode): void {
  for (const [retryAfterMs, seconds] of [
    [1500, '2'],
    [1, '1'],
    [0, '1'],
  ] as const) {
    const error = new RetryableError(code, 'not now', retryAfterMs);
    const answer = inWords(sample, { kind: 'failed', error, orgId: 'acme', requestId: 'r1' });
    expect(sample.samples.retried).toContain(answer.status);
    expect(retryAfter(answer)).toBe(seconds);
    expect(answer.words).toContain('not now');
  }
}

function answersSuccess(sample: SampleRoute): void {
  const respond = (outcome: IngestOutcome) => sample.route.respond(outcome, headOf(sample));
  const all = { accepted: 3, rejectedCount: 0, rejections: [], position: 7 };
  const whole = respond({ kind: 'accepted', receipt: all, orgId: 'acme', requestId: 'r1' });
  expect([200, 201, 202, 204]).toContain(whole.status);
  if (whole.status === 204) expect(whole.body).toHaveLength(0);
  const rejections = [{ index: 1, code: 'invalid_field', field: 'cost', error: 'no number at all' }] as const;
  const part = respond({
    kind: 'accepted',
    receipt: { ...all, accepted: 2, rejectedCount: 1, rejections },
    orgId: 'acme',
    requestId: 'r1',
  });
  expect(Buffer.from(part.body).toString()).toContain('no number at all');
  expect(sample.samples.retried).not.toContain(part.status);
}
