import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  createLiveTail,
  type LiveTail,
  type LiveTailOptions,
  type TailChunk,
  type TailSubscription,
} from '../../src/consumers/live-tail/live-tail.ts';
import type { TailPlace } from '../../src/consumers/live-tail/wire.ts';
import type { Condition } from '../../src/query/plan.ts';
import { numbered, openTailJournal, type TailJournal, until } from './tail-fixture.ts';

let journal: TailJournal;
let liveTail: LiveTail;
let failures: Error[] = [];

beforeEach(async () => {
  failures = [];
  journal = await openTailJournal();
});

afterEach(async () => {
  await liveTail.close();
  await journal.close();
});

function start(options: Partial<LiveTailOptions> = {}): void {
  liveTail = createLiveTail({
    journalDir: journal.dir,
    progress: journal.progress,
    node: 3,
    onFailure: (error) => failures.push(error),
    ...options,
  });
}

interface Reader {
  subscription: TailSubscription;
  messages: string[];
  ids: string[];
  missed: number;
  unknown: number;
  ended: string[];
}

async function tail(
  orgId: string,
  { condition = null, from = 'end', takes = async () => {} }: ReadOptions = {},
): Promise<Reader> {
  const ended: string[] = [];
  const subscription = await liveTail.open({ orgId, condition, onEnd: (reason) => ended.push(reason) });
  const reader: Reader = { subscription, messages: [], ids: [], missed: 0, unknown: 0, ended };
  await subscription.start(from, async (chunk) => {
    await takes(chunk);
    if (chunk.missed?.count === null) reader.unknown++;
    reader.missed += chunk.missed?.count ?? 0;
    for (const { eventId, json } of chunk.events) {
      const event = JSON.parse(json) as { message: string; event_id: string; org_id: string };
      expect(event).toMatchObject({ event_id: eventId, org_id: orgId });
      reader.messages.push(event.message);
      reader.ids.push(eventId);
    }
  });
  return reader;
}

interface ReadOptions {
  condition?: Condition | null;
  from?: TailPlace | 'end';
  takes?: (chunk: TailChunk) => Promise<void>;
}

const texts = (first: number, last: number) => numbered(first, last).map(({ message }) => message);

test('events cross from the journal to the main thread as the API renders them', async () => {
  start();
  const acme = await tail('acme', { condition: { kind: 'phrase', text: 'ÄÖ\u{1f600}\n' } });
  const other = await tail('other');
  await journal.append('acme', [{ message: 'plain' }, { message: 'line ÄÖ\u{1f600}\n two', attributes: { a: '\n' } }]);
  await journal.append('other', numbered(1, 2));
  await until(() => acme.messages.length === 1 && other.messages.length === 2, 'three events');
  expect(acme.messages).toEqual(['line ÄÖ\u{1f600}\n two']);
  expect(acme.ids).toEqual(['0003000000000001000001']);
  expect(other.messages).toEqual(texts(1, 2));
  expect(liveTail.counts).toEqual({ subscriptions: 2, events: 3, missed: 0 });
});

test('a reader that is slow on the main thread misses events, is told how many, and others do not notice', async () => {
  start({ limits: { windowEvents: 20, chunkEvents: 5, flushIntervalMs: 1, stallMsMax: 0, countMsMax: 60_000 } });
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const slow = await tail('acme', { takes: () => released });
  const quick = await tail('acme');
  for (let i = 0; i < 50; i++) {
    await journal.append('acme', numbered(i * 4 + 1, i * 4 + 4));
    await until(() => quick.messages.length === i * 4 + 4, 'the quick reader');
  }
  expect(slow.messages).toEqual([]);
  release();
  await until(() => slow.missed > 0, 'the count');
  await journal.append('acme', [{ message: 'newest' }]);
  await until(() => slow.messages.at(-1) === 'newest', 'the newest event');
  expect(slow.messages.slice(0, 20)).toEqual(texts(1, 20));
  expect(slow.messages.length - 1 + slow.missed).toBe(200);
  expect(quick.missed).toBe(0);
});

test('a closed subscription gets nothing more and gives its place to another', async () => {
  start({ subscriptionsPerOrgMax: 2, subscriptionsMax: 3 });
  const first = await tail('acme');
  await tail('acme');
  await expect(tail('acme')).rejects.toMatchObject({ code: 'rate_limited' });
  await tail('other');
  await expect(tail('third')).rejects.toMatchObject({ code: 'rate_limited' });
  first.subscription.close();
  first.subscription.close();
  const next = await tail('acme');
  await journal.append('acme', numbered(1, 1));
  await until(() => next.messages.length === 1, 'the event');
  expect(first.messages).toEqual([]);
  expect(first.ended).toEqual([]);
});

test('the thread ends when nobody has subscribed for a while, and starts again', async () => {
  start({ idleMs: 1 });
  for (let round = 1; round <= 3; round++) {
    const reader = await tail('acme', { from: { frame: 1, index: 0 } });
    await journal.append('acme', numbered(round, round));
    await until(() => reader.messages.length === round, 'the events');
    expect(reader.messages).toEqual(texts(1, round));
    reader.subscription.close();
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
  expect(failures).toEqual([]);
});

test('closing ends every subscription once and refuses new ones', async () => {
  start();
  const reader = await tail('acme');
  await liveTail.close();
  await liveTail.close();
  expect(reader.ended).toEqual(['closing']);
  await expect(tail('acme')).rejects.toMatchObject({ code: 'shutting_down' });
  expect(failures).toEqual([]);
});

test('a subscription whose reader throws ends alone', async () => {
  start();
  const broken = await tail('acme', { takes: () => Promise.reject(new Error('closed')) });
  const whole = await tail('acme');
  await journal.append('acme', numbered(1, 3));
  await until(() => whole.messages.length === 3 && broken.ended.length === 1, 'the end');
  expect(broken.ended).toEqual(['failed']);
  expect(whole.ended).toEqual([]);
});

test('when the thread dies, all subscriptions end and the next one starts a new thread', async () => {
  start();
  const reader = await tail('acme');
  await journal.appendPayload(Buffer.from('a frame of a format that this program does not know'));
  await until(() => reader.ended.length === 1 && failures.length === 1, 'the end');
  expect(reader.ended).toEqual(['failed']);
  const next = await tail('acme');
  await journal.append('acme', numbered(1, 1));
  await until(() => next.messages.length === 1, 'the event');
  expect(liveTail.counts.subscriptions).toBe(1);
});

test('readers that come and go while events come in each get an unbroken run', async () => {
  start({ limits: { windowEvents: 50, chunkEvents: 10, stallMsMax: 60_000, lagMsMax: 60_000 } });
  let sent = 0;
  let isSending = true;
  const sending = (async () => {
    while (isSending && sent < 20_000) {
      const size = 1 + (sent % 40);
      await journal.append(sent % 3 === 0 ? 'other' : 'acme', numbered(sent + 1, sent + size));
      sent += size;
    }
  })();
  const readers: Reader[] = [];
  for (let i = 0; i < 30; i++) {
    const reader = await tail('acme', { from: i % 2 === 0 ? 'end' : { frame: 1, index: 0 } });
    readers.push(reader);
    await until(() => reader.messages.length > 20, 'a few events');
    if (i % 3 === 0) reader.subscription.close();
  }
  isSending = false;
  await sending;
  const last = (await tailAll()).messages;
  await until(
    () => readers.every(({ messages }, i) => i % 3 === 0 || messages.at(-1) === last.at(-1)),
    'the last event for those still there',
  );
  expect(readers.filter(({ missed, unknown }) => missed + unknown > 0)).toEqual([]);
  for (const [i, { messages }] of readers.entries()) {
    const at = last.indexOf(messages[0]!);
    expect(messages).toEqual(last.slice(at, at + messages.length));
    if (i % 2 === 1) expect(at).toBe(0);
  }

  async function tailAll(): Promise<Reader> {
    await journal.append('acme', [{ message: 'last' }]);
    const all = await tail('acme', { from: { frame: 1, index: 0 } });
    await until(() => all.messages.at(-1) === 'last', 'everything');
    return all;
  }
});
