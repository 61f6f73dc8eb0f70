import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Receipt } from '../receivers/receiver.ts';
import { PermanentError, RetryableError } from '../runtime/errors.ts';
import { StreamedBody, type StreamedBodyOptions } from './streamed-body.ts';

/** Events are lines here. What `submit` does with each piece is told by `outcomes`, in order; then all are accepted. */
let source: PassThrough;
let stopping: AbortController;
let pieces: string[];
let outcomes: (Partial<Receipt> | Error)[];
let held: number;
let heldMax: number;

beforeEach(() => {
  source = new PassThrough();
  stopping = new AbortController();
  pieces = [];
  outcomes = [];
  held = 0;
  heldMax = 0;
});
afterEach(() => expect(held).toBe(0));

const accepted = (count: number, position: number): Receipt => ({
  ...{ accepted: count, rejectedCount: 0, rejections: [], position },
});

function read(options: Partial<StreamedBodyOptions> = {}): Promise<Receipt> {
  return new StreamedBody(source, {
    split: (bytes) => bytes.lastIndexOf('\n') + 1,
    submit: async (piece) => {
      const outcome = outcomes.shift();
      if (outcome instanceof Error) throw outcome;
      pieces.push(piece.toString());
      return { ...accepted(piece.toString().split('\n').length - 1, pieces.length), ...outcome };
    },
    hold: (bytes) => {
      held += bytes;
      heldMax = Math.max(heldMax, held);
    },
    release: (bytes) => {
      held -= bytes;
    },
    ...{ eventBytesMax: 10, limit: 'limits.x', stopping: stopping.signal, ...options },
  }).read();
}

async function send(...chunks: string[]): Promise<void> {
  for (const chunk of chunks) {
    if (!source.write(chunk)) await once(source, 'drain');
    await new Promise((resolve) => setImmediate(resolve));
  }
}

test('pieces end with events, and their receipts are summed', async () => {
  const receipt = read();
  await send('aaaa\nbb', 'bb\ncccc', '\ndd');
  source.end('dd\n');
  expect(await receipt).toEqual(accepted(4, 2));
  expect(pieces).toEqual(['aaaa\nbbbb\n', 'cccc\ndddd\n']);
});

test('indexes of rejected events are those of the whole body, and at most 100 are told', async () => {
  const rejected = (index: number) => ({ index, code: 'invalid_field', field: '', error: 'no' }) as const;
  outcomes = [
    { accepted: 1, rejectedCount: 1, rejections: [rejected(1)] },
    { accepted: 0, rejectedCount: 120, rejections: Array.from({ length: 100 }, (_, i) => rejected(i)), position: null },
  ];
  const receipt = read();
  await send('aaaa\nbbbb\n', 'c\n');
  source.end();
  const { rejections, ...sum } = await receipt;
  expect(sum).toEqual({ accepted: 1, rejectedCount: 121, position: 1 });
  expect(rejections.map(({ index }) => index)).toEqual([1, ...Array.from({ length: 99 }, (_, i) => i + 2)]);
});

test('an empty body is a piece too, and so is what is left at the end: the decoder says what it is', async () => {
  source.end();
  await read();
  expect(pieces).toEqual(['']);
  source = new PassThrough();
  source.end('aaaa\nbb');
  await read();
  expect(pieces).toEqual(['', 'aaaa\nbb']);
});

test('what came is not kept waiting for more', async () => {
  const receipt = read();
  await send('a\nb');
  await expect.poll(() => pieces, { timeout: 10_000 }).toEqual(['a\n']);
  await send('b\n');
  await expect.poll(() => pieces, { timeout: 10_000 }).toEqual(['a\n', 'bb\n']);
  source.end();
  expect(await receipt).toEqual(accepted(2, 2));
});

test('an event over the limit', async () => {
  const receipt = read();
  await send('aaaa\nbbbb\n');
  source.end('x'.repeat(11));
  await expect(receipt).rejects.toMatchObject({
    code: 'payload_too_large',
    message: 'an event has more than 10 bytes (limits.x); the 2 events before that were accepted',
  });
  expect(pieces).toEqual(['aaaa\nbbbb\n']);
});

test.each([
  ['cut', () => source.destroy(new Error('aborted')), 'invalid_body'],
  ['not what it says it is', () => source.destroy(new PermanentError('invalid_body', 'no gzip')), 'invalid_body'],
  ['ended by the stop of the server', () => stopping.abort(), 'shutting_down'],
])('a body that is %s: whole events are taken', async (_, end, code) => {
  const receipt = read();
  await send('a\nb');
  end();
  await expect(receipt).rejects.toMatchObject({ code, message: expect.stringContaining('the 1 events before') });
  expect(pieces).toEqual(['a\n']);
});

test('after the stop nothing is begun', async () => {
  stopping.abort();
  source.end('a\n');
  await expect(read()).rejects.toMatchObject({ code: 'shutting_down' });
  expect(pieces).toEqual([]);
});

test('a first piece that is refused is told at once', async () => {
  outcomes = [new RetryableError('rate_limited', 'slow', 1)];
  source.end('a\n');
  await expect(read()).rejects.toMatchObject({ code: 'rate_limited', message: 'slow' });
});

test('a later one is tried again, all before would come again otherwise', async () => {
  outcomes = [{}, new RetryableError('rate_limited', 'slow', 1), new RetryableError('disk_full', 'full', 1)];
  const receipt = read();
  await send('aaaa\nbbbb\n');
  source.end('cccc\n');
  expect(await receipt).toEqual(accepted(3, 2));
  expect(pieces).toEqual(['aaaa\nbbbb\n', 'cccc\n']);
});

test.each([
  ['for good', new PermanentError('invalid_body', 'no'), 'no; the 2 events before that were accepted'],
  ['for too long', new RetryableError('rate_limited', 'no', 61_000), 'no; the 2 events before that were accepted'],
])('a later one that is refused %s', async (_, error, message) => {
  outcomes = [{}, error];
  const receipt = read();
  await send('aaaa\nbbbb\n');
  source.end('cccc\n');
  await expect(receipt).rejects.toMatchObject({ code: error.code, message });
});

test('a refusal ends a body of which nothing more comes', async () => {
  outcomes = [new PermanentError('forbidden', 'no')];
  const receipt = read();
  await send('a\n');
  await expect(receipt).rejects.toMatchObject({ code: 'forbidden' });
});

test('the sender is held up: no more than two pieces are kept', async () => {
  const gates: (() => void)[] = [];
  const receipt = read({
    eventBytesMax: 1 << 20,
    submit: async () => {
      await new Promise<void>((resolve) => gates.push(resolve));
      return accepted(1, 1);
    },
  });
  const line = `${'x'.repeat(65_535)}\n`;
  const sent = (async () => {
    for (let i = 0; i < 80; i++) await send(line);
    source.end();
  })();
  let isDone = false;
  const done = receipt.finally(() => {
    isDone = true;
  });
  while (!isDone) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    gates.shift()?.();
  }
  await Promise.all([sent, done]);
  expect(heldMax).toBeLessThanOrEqual((2 << 20) + 65_536);
});
