import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Receipt } from '../receivers/receiver.ts';
import { PermanentError, RetryableError } from '../runtime/errors.ts';
import { type PrefixMemory, Resumption, type TakenPrefix } from './resumption.ts';
import { StreamedBody, type StreamedBodyOptions } from './streamed-body.ts';

/** Events are lines here. What `submit` does with each piece is told by `outcomes`, in order; then all are accepted. */
let source: PassThrough;
let stopping: AbortController;
let pieces: string[];
let outcomes: (Partial<Receipt> | Error)[];
let held: number;
let heldMax: number;
let prefixes: Map<string, TakenPrefix>;

const memory: PrefixMemory = {
  recall: (key) => prefixes.get(key) ?? null,
  keep: async (key, prefix) => void prefixes.set(key, prefix),
  forget: async (key) => void prefixes.delete(key),
};

beforeEach(() => {
  prefixes = new Map();
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
    ...{ eventBytesMax: 10, stopping: stopping.signal },
    resume: (first) => new Resumption(memory, 'acme', first),
    ...options,
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
    message: 'an event has more than 10 bytes (limits.bodyBytesMax); the 2 events before that were accepted',
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

describe('a body that broke off and is sent again', () => {
  const line = (i: number) => `${String(i).padEnd(299, '.')}\n`;
  const lines = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => line(from + i)).join('');
  const limits = { eventBytesMax: 600 };
  const again = () => {
    source = new PassThrough();
    return read(limits);
  };

  beforeEach(async () => {
    outcomes = [{}, {}, new PermanentError('forbidden', 'no')];
    const receipt = read(limits);
    receipt.catch(() => {});
    for (let i = 0; i < 6; i++) await send(line(i));
    await expect(receipt).rejects.toMatchObject({ code: 'forbidden' });
    expect(pieces.join('')).toBe(lines(0, 4));
  });

  test('what is durable is not taken again, and counts', async () => {
    const receipt = again();
    await send(lines(0, 3), lines(3, 8));
    source.end();
    expect(await receipt).toMatchObject({ accepted: 8 });
    expect(pieces.join('')).toBe(lines(0, 8));
    expect(prefixes.size).toBe(0);
  });

  test('it breaks off again, within that and behind it', async () => {
    const first = again();
    await send(lines(0, 2));
    source.destroy(new Error('aborted'));
    await expect(first).rejects.toMatchObject({ code: 'invalid_body' });
    const second = again();
    await send(lines(0, 5));
    source.destroy(new Error('aborted'));
    await expect(second).rejects.toMatchObject({ message: expect.stringContaining('the 5 events before') });
    const third = again();
    source.end(lines(0, 6));
    expect(await third).toMatchObject({ accepted: 6 });
    expect(pieces.join('')).toBe(lines(0, 6));
  });

  test.each([
    ['is another one', lines(0, 3) + line(9).repeat(5)],
    ['is shorter', lines(0, 3)],
  ])('when it %s it is refused, and taken whole when it comes once more', async (_, body) => {
    const first = again();
    source.end(body);
    await expect(first).rejects.toMatchObject({ code: 'overloaded' });
    pieces = [];
    const second = again();
    source.end(body);
    await second;
    expect(pieces.join('')).toBe(body);
  });

  test('another sender has a body of its own', async () => {
    pieces = [];
    source = new PassThrough();
    source.end(lines(0, 2));
    await read({ ...limits, resume: (first) => new Resumption(memory, 'other', first) });
    expect(pieces.join('')).toBe(lines(0, 2));
  });
});
