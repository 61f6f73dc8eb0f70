import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DeadLetters, type Replayed } from './dead-letters.ts';
import { firstLetterId, frameLetterId, isLetterId, type Letter, newLetterId } from './letter.ts';
import { DeadLetterStore } from './store.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tailwater-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const expand = (body: Buffer) => zstdDecompressSync(body);
const storeOf = (orgBytesMax = 1 << 20) => new DeadLetterStore({ dir, orgBytesMax, expand });
/** Where none goes for another. */
const framesOf = () => new DeadLetterStore({ dir: `${dir}/frames`, orgBytesMax: Number.POSITIVE_INFINITY, expand });
const AT_MS = 1_790_000_000_000;

function letterOf(values: Partial<Letter> = {}): Letter {
  const body = values.body === undefined ? Buffer.from('a body\nof two lines') : values.body;
  return {
    id: newLetterId(values.atMs ?? AT_MS),
    atMs: AT_MS,
    orgId: 'acme',
    receiver: 'ndjson',
    code: 'event_too_large',
    reason: 'too large',
    rejectedCount: 1,
    bytes: body?.length ?? 10,
    notKept: body === null ? 'too large' : null,
    decoder: 'POST /api/logs',
    format: 'json',
    query: 'a=b',
    params: { name: 'x' },
    rejections: [{ index: 1, code: 'event_too_large', field: '', error: 'too large' }],
    indexes: [1],
    frame: null,
    body,
    ...values,
  };
}

/** Does not compress. */
const noise = (bytes: number) => Buffer.from(crypto.getRandomValues(new Uint8Array(bytes)));

test('ids sort in the order they were made', () => {
  const ids = [newLetterId(AT_MS - 1), newLetterId(AT_MS), newLetterId(AT_MS), newLetterId(AT_MS + 1)];
  expect(ids.toSorted()).toEqual(ids);
  expect(ids.every(isLetterId)).toBe(true);
});

test('a letter comes back as it was kept, with or without a body', async () => {
  const letters = [letterOf(), letterOf({ body: null }), letterOf({ body: Buffer.alloc(0), indexes: null })];
  for (const letter of letters) {
    await storeOf().keep(letter);
    expect(await storeOf().get('acme', letter.id)).toEqual(letter);
  }
});

test('lists are newest first, by receiver, limit and place, and of one org', async () => {
  const store = storeOf();
  const letters = [0, 1, 2, 3].map((i) => letterOf({ atMs: AT_MS + i, receiver: i === 1 ? 'loki' : 'ndjson' }));
  for (const letter of letters) await store.keep(letter);
  await store.keep(letterOf({ orgId: 'globex' }));
  const [a, b, c, d] = letters.map(({ id }) => id) as [string, string, string, string];
  const list = async (options: object) => (await store.list('acme', { limit: 9, ...options })).map(({ id }) => id);
  expect(await list({})).toEqual([d, c, b, a]);
  expect(await list({ limit: 2 })).toEqual([d, c]);
  expect(await list({ before: c })).toEqual([b, a]);
  expect(await list({ receiver: 'loki' })).toEqual([b]);
  expect(await store.list('nobody', { limit: 9 })).toEqual([]);
});

test('another org has it not, and no id leaves the directory', async () => {
  const store = storeOf();
  const letter = letterOf();
  await store.keep(letter);
  writeFileSync(join(dir, 'outside.json'), '{}\n{}\n');
  expect(await store.get('globex', letter.id)).toBeNull();
  expect(await store.remove('globex', letter.id)).toBe(false);
  for (const id of ['../outside', `../acme/${letter.id}`, '', '.', 'x'.repeat(5000)]) {
    expect(await store.get('globex', id)).toBeNull();
    expect(await store.remove('globex', id)).toBe(false);
  }
  expect(await store.remove('acme', letter.id)).toBe(true);
  expect(await store.get('acme', letter.id)).toBeNull();
});

test('over the limit the oldest go, the newest stays', async () => {
  const store = storeOf(20_000);
  let removed = 0;
  const letters = Array.from({ length: 12 }, (_, i) => letterOf({ atMs: AT_MS + i, body: noise(4000) }));
  for (const letter of letters) removed += await store.keep(letter);
  const left = await store.list('acme', { limit: 99 });
  expect(left.length + removed).toBe(12);
  expect(left.length).toBeGreaterThanOrEqual(3);
  expect(left[0]!.id).toBe(letters.at(-1)!.id);
  const huge = letterOf({ atMs: AT_MS + 99, body: noise(50_000) });
  expect(await storeOf(20_000).keep(huge)).toBe(left.length);
  expect((await store.list('acme', { limit: 99 })).map(({ id }) => id)).toEqual([huge.id]);
});

test('a frame makes one letter, however often it is refused, and goes for no other', async () => {
  const frames = framesOf();
  const ids = [1, 2 ** 31, 2 ** 47].map((position) => frameLetterId(AT_MS, position));
  expect(ids.every(isLetterId) && ids.every((id) => id > firstLetterId(AT_MS))).toBe(true);
  expect(ids.toSorted()).toEqual(ids);
  const letter = letterOf({ id: ids[2]!, frame: { node: 3, position: 2 ** 47 } });
  expect([await frames.keep(letter), await frames.keep(letter)]).toEqual([0, 0]);
  expect(await frames.list('acme', { limit: 9 })).toHaveLength(1);
  expect(await frames.get('acme', letter.id)).toEqual(letter);
});

test('old letters expire, of all orgs, and are counted', async () => {
  const store = storeOf();
  const young = letterOf({ atMs: AT_MS });
  for (const letter of [young, letterOf({ atMs: AT_MS - 1 }), letterOf({ atMs: 5 })]) await store.keep(letter);
  await store.keep(letterOf({ atMs: 7, orgId: 'globex' }));
  expect(await store.expire(AT_MS)).toEqual(
    new Map([
      ['acme', 2],
      ['globex', 1],
    ]),
  );
  expect((await store.list('acme', { limit: 9 })).map(({ id }) => id)).toEqual([young.id]);
  expect(await store.expire(AT_MS)).toEqual(new Map());
});

test('what a crash left half written is removed, and nothing else', async () => {
  const store = storeOf();
  await store.removeUnfinished();
  const letter = letterOf();
  await store.keep(letter);
  writeFileSync(join(dir, 'acme', `${newLetterId(AT_MS)}.tmp`), 'half of i');
  await store.removeUnfinished();
  expect(readdirSync(join(dir, 'acme'))).toEqual([`${letter.id}.json`]);
});

test('a damaged file is no letter, and hides no other', async () => {
  const store = storeOf();
  const [good, bad] = [letterOf(), letterOf()];
  for (const letter of [good, bad]) await store.keep(letter);
  for (const content of ['', '{"id"\n{}\n', 'x\ny\n\0']) {
    writeFileSync(join(dir, 'acme', `${bad.id}.json`), content);
    expect(await store.get('acme', bad.id)).toBeNull();
    expect((await store.list('acme', { limit: 9 })).map(({ id }) => id)).toEqual([good.id]);
  }
  expect(await store.remove('acme', bad.id)).toBe(true);
});

test('what cannot be written leaves nothing', async () => {
  writeFileSync(join(dir, 'acme'), 'a file where the directory should be');
  await expect(storeOf().keep(letterOf())).rejects.toThrow();
  expect(readdirSync(dir)).toEqual(['acme']);
});

describe('replay', () => {
  const who = { orgId: 'acme' };
  const undelivered = () =>
    new DeadLetterStore({ dir: `${dir}/undelivered`, orgBytesMax: Number.POSITIVE_INFINITY, expand });
  const lettersOf = (
    submit: (letter: Letter) => Replayed,
    insertFrame = () => Promise.resolve(1),
    redeliver: (letter: Letter) => Replayed = () => expect.unreachable('no destination refused it'),
  ) =>
    new DeadLetters<{ orgId: string }>({
      requests: storeOf(),
      frames: framesOf(),
      submit: (_, letter) => Promise.resolve(submit(letter)),
      insertFrame,
      undelivered: undelivered(),
      redeliver: (letter) => Promise.resolve(redeliver(letter)),
    });
  const accepted = { accepted: 1, rejectedCount: 0, rejections: [], rejectedIndexes: [] };

  test('what was accepted whole is removed', async () => {
    const letter = letterOf();
    await storeOf().keep(letter);
    const letters = lettersOf((sent) => {
      expect(sent).toEqual(letter);
      return accepted;
    });
    expect(await letters.replay(who, letter.id)).toEqual(accepted);
    await expect(letters.replay(who, letter.id)).rejects.toMatchObject({ code: 'not_found' });
  });

  test('what was accepted in part keeps the rest', async () => {
    const letter = letterOf({ indexes: [1, 4, 6], rejectedCount: 3 });
    await storeOf().keep(letter);
    const rejections = [{ index: 4, code: 'event_too_large', field: '', error: 'still' }] as const;
    const part = { accepted: 2, rejectedCount: 1, rejections, rejectedIndexes: [4] };
    const letters = lettersOf(() => part);
    await letters.replay(who, letter.id);
    expect(await letters.get('acme', letter.id)).toEqual({ ...letter, indexes: [4], rejectedCount: 1, rejections });
  });

  test('what a destination refused goes there again, and what it refuses again is kept', async () => {
    const never = () => expect.unreachable('its events were taken long ago');
    const letter = letterOf({ body: Buffer.from('one\ntwo\nthree'), rejectedCount: 3 });
    await undelivered().keep(letter);
    const rejections = [{ index: 1, code: 'destination_rejected', field: '', error: 'still' }] as const;
    const part = { accepted: 2, rejectedCount: 1, rejections, rejectedIndexes: [1] };
    const picky = lettersOf(never, undefined, () => part);
    expect(await picky.replay(who, letter.id)).toEqual(part);
    expect(await picky.list('acme', { limit: 9 })).toMatchObject([{ id: letter.id, rejectedCount: 1, bytes: 3 }]);
    const taking = lettersOf(never, undefined, ({ body }) => {
      expect(body?.toString()).toBe('two');
      return accepted;
    });
    await taking.replay(who, letter.id);
    expect(await taking.list('acme', { limit: 9 })).toEqual([]);
  });

  test('a frame goes into the store, and is kept while that refuses it', async () => {
    const letter = letterOf({ frame: { node: 0, position: 7 } });
    await framesOf().keep(letter);
    const never = () => expect.unreachable('a frame was taken long ago');
    const refusing = lettersOf(never, () => Promise.reject(new Error('still')));
    await expect(refusing.replay(who, letter.id)).rejects.toThrow('still');
    expect(await refusing.list('acme', { limit: 9 })).toMatchObject([{ id: letter.id, rejectedCount: 1 }]);
    const taking = lettersOf(never);
    expect(await taking.replay(who, letter.id)).toMatchObject({ accepted: 1, rejectedCount: 0 });
    expect(await taking.list('acme', { limit: 9 })).toEqual([]);
  });

  test('not twice at a time, not without a body, not by another org', async () => {
    const [letter, bare] = [letterOf(), letterOf({ body: null })];
    await storeOf().keep(letter);
    await storeOf().keep(bare);
    const letters = lettersOf(() => accepted);
    await expect(letters.replay({ orgId: 'globex' }, letter.id)).rejects.toMatchObject({ code: 'not_found' });
    await expect(letters.replay(who, bare.id)).rejects.toMatchObject({ code: 'conflict' });
    const both = await Promise.allSettled([letters.replay(who, letter.id), letters.replay(who, letter.id)]);
    expect(both.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
  });
});
