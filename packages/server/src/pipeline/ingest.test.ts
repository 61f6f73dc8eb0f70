import { describe, expect, test } from 'vitest';
import { DEFAULT_LIMITS } from '../batch/limits.ts';
import { SymbolTable } from '../batch/symbol-table.ts';
import type { JournalWriter } from '../journal/journal.ts';
import type { Decode } from '../receivers/receiver.ts';
import { decoders, revealers } from '../receivers/registry.ts';
import { PermanentError, RetryableError } from '../runtime/errors.ts';
import { letterOf, type Refused } from './dead-letters.ts';
import { createIngest, type IngestTask } from './ingest.ts';

const unreadable: Decode = () => {
  throw new PermanentError('invalid_body', 'not one byte of it');
};

const LIMITS = { ...DEFAULT_LIMITS, eventBytesMax: 1024, batchEventsMax: 3 };

function ingestOf(limits = LIMITS) {
  const refused: Refused[] = [];
  const journal = { frames: 0, fails: false };
  const letters = { fail: false };
  const append = () => {
    if (journal.fails) return Promise.reject(new RetryableError('disk_full', 'full', 1000));
    return Promise.resolve(++journal.frames);
  };
  const ingest = createIngest({
    journal: { append } as unknown as JournalWriter,
    decoders: new Map([...decoders(), ['unreadable', unreadable]]),
    processors: [],
    symbols: new SymbolTable(),
    limits,
    deadLetters: {
      keep(one) {
        refused.push(one);
        return Promise.resolve(letters.fail ? { kept: 0, lost: 1 } : { kept: 1, lost: 0 });
      },
    },
  });
  return { ingest, refused, journal, letters };
}

function task(body: string | Buffer, more: Partial<IngestTask> = {}): IngestTask {
  return {
    decoder: 'POST /api/logs',
    receiver: 'ndjson',
    body: Buffer.from(body as string),
    encodings: ['identity'],
    request: { format: 'json', query: '', params: {}, receivedAtMs: 1_790_000_000_000 },
    orgId: 'acme',
    settings: { retentionDays: 30, redactRulesOff: [], logTypes: {} },
    ...more,
  };
}

const event = (message: string) => JSON.stringify({ message });
const LARGE = event('x'.repeat(2000));
const THREE = [event('a'), LARGE, event('c')].join('\n');

describe('dead letters', () => {
  test('one for a request with rejected events, none for its neighbours', async () => {
    const { ingest, refused, journal } = ingestOf();
    const { outcomes, report } = await ingest([task(event('a')), task(`${LARGE}\n${event('b')}\n${LARGE}`)]);
    expect(outcomes).toMatchObject([
      { receipt: { accepted: 1, rejectedCount: 0 } },
      { receipt: { accepted: 1, rejectedCount: 2 } },
    ]);
    expect(journal.frames).toBe(1);
    expect(refused).toMatchObject([{ indexes: [0, 2], rejectedCount: 2, error: null, orgId: 'acme' }]);
    expect(report['dead_letters\tacme\tndjson']).toBe(1);
  });

  test('one for a body that cannot be read, none for one that cannot be expanded', async () => {
    const { ingest, refused } = ingestOf();
    await ingest([task('\xff', { decoder: 'unreadable' }), task('no gzip', { encodings: ['gzip'] })]);
    await ingest([task([1, 2, 3, 4].map(String).map(event).join('\n'))]);
    expect(refused.map(({ error, indexes }) => [error?.code, indexes])).toEqual([
      ['invalid_body', null],
      ['too_many_events', null],
    ]);
  });

  test('a body that nobody sends again is refused only once its letter is kept', async () => {
    const { ingest, letters } = ingestOf();
    const broken = { decoder: 'unreadable' };
    const tasks = [task(event('a')), task('x', { ...broken, mustKeep: true }), task('y', broken)];
    letters.fail = true;
    const { outcomes, report } = await ingest(tasks);
    expect(outcomes).toMatchObject([
      { receipt: { accepted: 1 } },
      { error: { code: 'disk_full', retryAfterMs: expect.any(Number) } },
      { error: { code: 'invalid_body' } },
    ]);
    expect(report['dead_letters_lost\tacme\tndjson']).toBe(1);
    letters.fail = false;
    expect((await ingest(tasks)).outcomes[1]).toMatchObject({ error: { code: 'invalid_body' } });
  });

  test('none when the sender has to send all of it again', async () => {
    const { ingest, refused, journal } = ingestOf();
    journal.fails = true;
    expect((await ingest([task(THREE)])).outcomes).toMatchObject([{ error: { code: 'disk_full' } }]);
    expect(refused).toEqual([]);
  });

  test('a replay takes only what it names, in a frame of its own, and makes no letter', async () => {
    const { ingest, refused, journal } = ingestOf({ ...LIMITS, eventBytesMax: 4096 });
    const { outcomes } = await ingest([task(event('a')), task(THREE, { only: [1] }), task(event('b'))]);
    expect(outcomes[1]).toMatchObject({ receipt: { accepted: 1, rejectedCount: 0, rejectedIndexes: [] } });
    expect(journal.frames).toBe(3);
    const strict = ingestOf({ ...LIMITS, batchEventsMax: 4 });
    const again = await strict.ingest([task(`${THREE}\n${LARGE}`, { only: [1, 2] })]);
    expect(again.outcomes).toMatchObject([{ receipt: { accepted: 1, rejectedCount: 1, rejectedIndexes: [1] } }]);
    expect([...refused, ...strict.refused]).toEqual([]);
  });
});

describe('what a letter holds', () => {
  const refusedOf = (body: Buffer, more: Partial<Refused> = {}): Refused => ({
    ...task(body),
    rejections: [{ index: 1, code: 'event_too_large', field: '', error: 'too large' }],
    rejectedCount: 1,
    indexes: [1],
    error: null,
    ...more,
  });

  const made = (refused: Refused, rulesOff: readonly string[] = []) =>
    letterOf(refused, { letterBytesMax: 1000, rulesOff, revealers: revealers() });

  test('nor are there secrets in what is said beside it', () => {
    const request = { ...task('').request, query: 'password=hunter2squirrel', format: 'token=hunter2squirrel' };
    const rejections = [{ index: 0, code: 'invalid_body', field: '', error: 'at password=hunter2squirrel' }] as const;
    const letter = made(refusedOf(Buffer.from('x'), { request, rejections }));
    expect(JSON.stringify({ ...letter, body: null })).not.toContain('hunter2');
  });

  test('the body with secrets masked, by the rules that are on for the org', () => {
    const body = Buffer.from('jo@example.com password=hunter2');
    const letter = made(refusedOf(body), ['email']);
    expect(letter.body?.toString()).toBe('jo@example.com password=******1');
    expect(body.toString()).toContain('hunter2');
    expect(letter).toMatchObject({ code: 'event_too_large', reason: 'too large', notKept: null, bytes: body.length });
  });

  test('no body that is too large, or in which secrets cannot be seen', () => {
    const large = made(refusedOf(Buffer.alloc(1001)));
    expect(large).toMatchObject({ body: null, bytes: 1001 });
    expect(large.notKept).toContain('deadLetters.letterBytesMax');
    const gzip = Buffer.from([0x92, 0x1f, 0x8b, 0x08, 0]);
    expect(made(refusedOf(gzip)).notKept).toContain('masked');
    expect(made(refusedOf(Buffer.from('{}'), { decoder: 'POST /api/firehose' })).body).toBeNull();
  });
});
