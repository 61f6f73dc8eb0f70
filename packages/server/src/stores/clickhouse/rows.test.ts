import { Readable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readRows } from './rows.ts';

const EXCEPTION =
  '\r\n__exception__\r\nnltgoptdneckdtjh\r\nCode: 241. DB::Exception: Memory limit exceeded: (MEMORY_LIMIT_EXCEEDED) (version 26.7.2.1)\n118 nltgoptdneckdtjh\r\n__exception__\r\n';

/** A body that ends as a connection does that is cut. */
async function* cut(chunks: readonly Buffer[]): AsyncGenerator<Buffer> {
  yield* chunks;
  throw Object.assign(new Error('aborted'), { code: 'ECONNRESET' });
}

function split(body: string, at: readonly number[]): Buffer[] {
  const bytes = Buffer.from(body);
  const cuts = [0, ...at.map((place) => place % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length];
  return cuts.slice(1).map((end, i) => bytes.subarray(cuts[i], end));
}

async function read(body: Readable): Promise<{ rows: unknown[]; error: unknown }> {
  const rows: unknown[] = [];
  try {
    for await (const chunk of readRows(body)) rows.push(...chunk);
    return { rows, error: undefined };
  } catch (error) {
    return { rows, error };
  }
}

const rows = [
  { a: 'x\ny', b: '\r' },
  { a: 'ß日😀', b: '' },
  { a: ']},{[', b: '\\' },
];
const body = rows.map((row) => `${JSON.stringify(row)}\n`).join('');
const places = fc.array(fc.nat(1_000), { maxLength: 8 });

describe('readRows', () => {
  test('rows are the same however the body is cut into chunks', async () => {
    await fc.assert(
      fc.asyncProperty(places, async (at) => {
        expect(await read(Readable.from(split(body, at)))).toEqual({ rows, error: undefined });
      }),
    );
  });

  test('an exception after the rows is found however the body is cut, and comes after them', async () => {
    await fc.assert(
      fc.asyncProperty(places, async (at) => {
        const result = await read(Readable.from(cut(split(body + EXCEPTION, at))));
        expect(result.rows).toEqual(rows);
        expect(result.error).toMatchObject({ name: 'RetryableError', retryAfterMs: 2_000 });
      }),
    );
  });

  test.each([
    ['between rows', `${body}`],
    ['within a row', `${body}{"a":`],
    ['before the first', ''],
  ])('a connection cut %s is retryable', async (_, sent) => {
    const { error } = await read(Readable.from(cut([Buffer.from(sent)])));
    expect(error).toMatchObject({ name: 'RetryableError', code: 'store_unavailable' });
  });

  test('a body that ends within a row is retryable', async () => {
    const result = await read(Readable.from([Buffer.from(`${body}{"a":`)]));
    expect(result).toMatchObject({ rows, error: { code: 'store_unavailable' } });
  });

  test('an exception that was cut short itself is retryable', async () => {
    const result = await read(Readable.from(cut([Buffer.from(`${body}\r\n__excep`)])));
    expect(result).toMatchObject({ rows, error: { code: 'store_unavailable' } });
  });

  test('another error passes as it is', async () => {
    const bug = new TypeError('a bug');
    const broken = Readable.from(
      (async function* () {
        yield Buffer.from(body);
        throw bug;
      })(),
    );
    expect((await read(broken)).error).toBe(bug);
  });
});
