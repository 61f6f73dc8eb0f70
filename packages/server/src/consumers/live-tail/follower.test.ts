import type { Event } from '@tailwater/schema';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { numbered, openTailJournal, type TailJournal, until } from '../../../test/app/tail-fixture.ts';
import { JournalProgress } from '../../journal/disk/progress.ts';
import { openDiskJournalReader } from '../../journal/disk/reader.ts';
import { compileMatcher } from '../../query/match.ts';
import type { Condition } from '../../query/plan.ts';
import { TailFollower } from './follower.ts';
import { compileTailSelector } from './tail-selector.ts';
import { type FromTail, TAIL_LIMITS, type TailLimits, type TailPlace, type WireChunk } from './wire.ts';

let journal: TailJournal;
let follower: TailFollower;
let faults: unknown[] = [];
let readers: Reader[] = [];

beforeEach(async () => {
  faults = [];
  readers = [];
  journal = await openTailJournal({ segmentBytes: 64 << 10 });
});

afterEach(async () => {
  await follower.close();
  await journal.close();
  expect(faults).toEqual([]);
});

/** What one subscription was sent. It takes its chunks only while `takes` is true. */
class Reader {
  static lastId = 0;
  readonly id = ++Reader.lastId;
  takes = true;
  from: TailPlace | null = null;
  place: TailPlace | null = null;
  messages: string[] = [];
  missed = 0;
  atMost = false;
  unknown = 0;
  /** `missed` when each message came. */
  missedBefore: number[] = [];
  private untaken: WireChunk[] = [];

  receive(chunk: WireChunk): void {
    if (chunk.missed !== null) {
      if (chunk.missed.count === null) this.unknown++;
      else this.missed += chunk.missed.count;
      this.atMost ||= chunk.missed.atMost;
    }
    for (const line of chunk.count === 0 ? [] : chunk.events.split('\n')) {
      this.messages.push((JSON.parse(line.slice(22)) as { message: string }).message);
      this.missedBefore.push(this.missed);
    }
    this.place = chunk.place;
    this.untaken.push(chunk);
    if (this.takes) setImmediate(() => this.take());
  }

  take(): void {
    for (const { events, count } of this.untaken.splice(0)) {
      const characters = events.length - Math.max(0, count - 1);
      follower.receive({ kind: 'credit', subscription: this.id, events: count, characters });
    }
  }
}

function startFollower(limits: Partial<TailLimits> = {}): void {
  follower = new TailFollower({
    reader: openDiskJournalReader({ dir: journal.dir, progress: new JournalProgress(journal.progress) }),
    node: 0,
    limits: { ...TAIL_LIMITS, flushIntervalMs: 1, lagMsMax: 60_000, stallMsMax: 60_000, ...limits },
    compile: compileMatcher,
    compileSelector: compileTailSelector,
    render: ({ message }: Event) => JSON.stringify({ message }),
    send: (message: FromTail) => {
      if (message.kind === 'subscribed') readers.find(({ id }) => id === message.subscription)!.from = message.from;
      if (message.kind !== 'chunks') return;
      for (const chunk of message.chunks) readers.find(({ id }) => id === chunk.subscription)!.receive(chunk);
    },
    onFault: (error) => faults.push(error),
  });
  follower.start();
}

function subscribe(orgId: string, condition: Condition | null = null, from: TailPlace | 'end' = 'end'): Reader {
  const reader = new Reader();
  readers.push(reader);
  follower.receive({ kind: 'subscribe', subscription: reader.id, orgId, condition, selector: null, form: 'api', from });
  return reader;
}

const texts = (first: number, last: number) => numbered(first, last).map(({ message }) => message);
const errors: Condition = { kind: 'severity', ranges: [[17, 24]] };

test('hands out every event of the org from the subscription on, in order, and none of other orgs', async () => {
  startFollower();
  await journal.append('acme', numbered(1, 3));
  const reader = subscribe('acme');
  for (let i = 0; i < 20; i++) {
    await journal.append('acme', numbered(10 + i * 2, 11 + i * 2));
    await journal.append('other', [{ message: 'not for acme' }]);
  }
  await until(() => reader.messages.length >= 40, '40 events');
  expect(reader.messages).toEqual(texts(10, 49));
  expect(reader).toMatchObject({ missed: 0, unknown: 0, from: { frame: 2, index: 0 } });
});

test('hands out what matches', async () => {
  startFollower();
  const all = subscribe('acme');
  const some = subscribe('acme', { kind: 'and', conditions: [errors, { kind: 'words', words: ['disk'] }] });
  await journal.append('acme', [
    { message: 'disk full', severityNumber: 17 },
    { message: 'disk fine', severityNumber: 9 },
    { message: 'net gone', severityNumber: 21 },
    { message: 'the disk burns', severityNumber: 21 },
  ]);
  await until(() => all.messages.length === 4, 'all events');
  expect(some.messages).toEqual(['disk full', 'the disk burns']);
});

test('decodes a frame once for all subscriptions, and none whose org has no subscription', async () => {
  startFollower();
  const twenty = Array.from({ length: 20 }, () => subscribe('acme'));
  for (let i = 0; i < 5; i++) {
    await journal.append('acme', numbered(i, i));
    await journal.append('other', numbered(i, i));
  }
  await until(() => twenty.every(({ messages }) => messages.length === 5), 'five events for each');
  await until(() => follower.counts.skipped === 5, 'the last frame');
  expect(follower.counts).toEqual({ decoded: 5, skipped: 5 });
});

test('a reader that keeps taking gets a burst larger than its window whole', async () => {
  startFollower({ windowEvents: 10, chunkEvents: 3 });
  const reader = subscribe('acme');
  const filtered = subscribe('acme', { kind: 'phrase', text: '7' });
  await journal.append('acme', numbered(1, 500));
  await journal.append('acme', numbered(501, 600));
  await until(() => reader.messages.length === 600, '600 events');
  await until(() => filtered.messages.length >= 114, 'those with a 7');
  expect(reader.messages).toEqual(texts(1, 600));
  expect(filtered.messages).toEqual(texts(1, 600).filter((text) => text.includes('7')));
  expect(reader.missed + filtered.missed).toBe(0);
});

test('a slow reader is told exactly how many it missed, then gets the newest', async () => {
  startFollower({ windowEvents: 10, chunkEvents: 5, stallMsMax: 0, countMsMax: 60_000 });
  const quick = subscribe('acme', errors);
  const slow = subscribe('acme', errors);
  slow.takes = false;
  const samples = numbered(1, 100).map((sample, i) => ({ ...sample, severityNumber: i % 2 === 0 ? 17 : 9 }));
  const matching = samples.filter(({ severityNumber }) => severityNumber === 17).map(({ message }) => message);
  for (const [i, sample] of samples.entries()) {
    await journal.append('acme', [sample]);
    await until(() => quick.messages.length === (i >> 1) + 1, 'the quick reader');
  }
  expect(slow.messages).toEqual(matching.slice(0, 10));
  slow.takes = true;
  slow.take();
  await until(() => slow.missed > 0, 'the count');
  await journal.append('acme', [{ message: 'newest', severityNumber: 17 }]);
  await until(() => slow.messages.at(-1) === 'newest', 'the newest event');
  expect(slow.messages.length - 1 + slow.missed).toBe(50);
  expect(slow.missedBefore.at(-1)).toBe(slow.missed);
  expect(slow).toMatchObject({ atMost: false, unknown: 0 });
});

test('a subscription from an earlier place joins the end exactly once, while events come in', async () => {
  startFollower({ windowEvents: 7, chunkEvents: 3 });
  let sent = 0;
  const send = async (frames: number) => {
    for (let i = 0; i < frames; i++) {
      const size = 1 + (sent % 5);
      const first = sent + 1;
      sent += size;
      await journal.append('acme', numbered(first, first + size - 1));
    }
  };
  await send(50);
  const starts = [
    { frame: 1, index: 0 },
    { frame: 3, index: 2 },
    { frame: 49, index: 0 },
    { frame: 51, index: 0 },
  ];
  const sending = send(100);
  const readers = starts.map((from) => subscribe('acme', null, from));
  await sending;
  const total = sent;
  const whole = texts(1, total);
  await until(() => readers.every(({ messages }) => messages.at(-1) === whole.at(-1)), 'the last event');
  expect(readers[0]!.messages).toEqual(whole);
  // Frames 1 and 2 have 1 and 2 events; two of frame 3's are skipped.
  expect(readers[1]!.messages).toEqual(whole.slice(5));
  for (const reader of readers) {
    expect(reader.messages).toEqual(whole.slice(total - reader.messages.length));
    expect(reader).toMatchObject({ missed: 0, unknown: 0 });
  }
});

test.each([
  ['trimmed away', { frame: 1, index: 0 }],
  ['of another journal', { frame: 10_000, index: 0 }],
  ['in a frame that is not there yet', { frame: 61, index: 3 }],
])('a place that is %s is told as missed without a number', async (_, from) => {
  startFollower();
  const bytes = 'x'.repeat(4000);
  for (let i = 0; i < 60; i++) await journal.append('acme', [{ message: bytes }]);
  const reader = openDiskJournalReader({ dir: journal.dir, progress: new JournalProgress(journal.progress) });
  await reader.trim(40);
  await reader.close();
  const resumed = subscribe('acme', null, from);
  await until(() => resumed.unknown > 0, 'the notice');
  await journal.append('acme', [{ message: 'newest' }]);
  await until(() => resumed.messages.at(-1) === 'newest', 'the newest event');
  expect(resumed.from!.frame).toBeGreaterThan(1);
  expect(resumed.unknown).toBe(1);
});

test('when the follower itself lags, it counts up to the end and says that the count is an upper bound', async () => {
  startFollower({ lagMsMax: -1 });
  const all = subscribe('acme');
  const some = subscribe('acme', errors);
  const appends = Array.from({ length: 30 }, (_, i) => journal.append('acme', numbered(i, i)));
  await Promise.all(appends);
  await until(() => all.messages.length + all.missed === 30, 'all events');
  expect(all.missed).toBeGreaterThan(0);
  expect(all.atMost).toBe(false);
  await until(() => some.missed === all.missed, 'the same count');
  expect(some.atMost).toBe(true);
});

test('a subscription without events learns its place, and resumes there without gap or double', async () => {
  startFollower({ placeIntervalMs: 5 });
  const quiet = subscribe('acme', errors);
  await journal.append('acme', numbered(1, 5));
  await until(() => quiet.place?.frame === 2, 'the place');
  follower.receive({ kind: 'unsubscribe', subscription: quiet.id });
  await journal.append('acme', [{ message: 'while away', severityNumber: 17 }]);
  const resumed = subscribe('acme', errors, quiet.place!);
  await until(() => resumed.messages.length === 1, 'the event');
  expect(resumed.messages).toEqual(['while away']);
});
