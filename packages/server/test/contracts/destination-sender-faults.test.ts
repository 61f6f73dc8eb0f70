import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { numbered, until } from '../app/tail-fixture.ts';
import { Random } from '../sim/random.ts';
import { type Fault, type FaultProxy, openFaultProxy } from '../support/fault-proxy.ts';
import { type EventReceiver, openEventReceiver } from '../support/forwarding/event-receiver.ts';
import { FULL, integrationTo, openSenderBed, type SenderBed } from '../support/forwarding/sender-bed.ts';

let bed: SenderBed;
let receiver: EventReceiver;
let closers: (() => Promise<void>)[] = [];

beforeEach(async () => {
  receiver = await openEventReceiver();
  bed = await openSenderBed();
  closers = [];
});

afterEach(async () => {
  await bed.close();
  await receiver.close();
  for (const close of closers) await close();
});

const texts = (first: number, last: number) => numbered(first, last).map(({ message }) => message);
const received = (from: EventReceiver = receiver) => from.events.map(({ message }) => message);
const uniqueOf = (messages: readonly string[]) => [...new Set(messages)];

async function append(first: number, last: number, size = 7): Promise<void> {
  for (let at = first; at <= last; at += size) {
    await bed.journal.append('acme', numbered(at, Math.min(last, at + size - 1)));
  }
}

const has = (count: number, from: EventReceiver = receiver) =>
  until(() => uniqueOf(received(from)).length >= count, `${count} events`);
const idle = (id = 'one') => until(() => bed.sender.status(id)?.state === 'idle', 'the sender to be idle');

describe('faults', () => {
  test('after five failures in a row one small probe goes at a time, until it is taken', async () => {
    let failures = 0;
    receiver.answer = () => (failures++ < 9 ? { status: 503, headers: { 'retry-after': '0' } } : { status: 200 });
    bed.sender.configure([integrationTo(receiver.url, { config: { concurrency: 3, eventsMax: 30 } })]);
    await bed.journal.append('acme', numbered(1, 200));
    await has(200);
    await idle();
    expect(uniqueOf(received())).toHaveLength(200);
    expect(receiver.events).toHaveLength(200);
    expect(receiver.calls[9]).toBeLessThanOrEqual(10);
    expect(bed.sender.status('one')).toMatchObject({ circuit: 'closed', nextAttemptAtMs: null });
    expect(bed.sender.deliveries('one').filter(({ error }) => error !== null)).toHaveLength(9);
  });

  test('it waits as long as the destination asks', async () => {
    let asked = 0;
    receiver.answer = () => (asked++ === 0 ? { status: 429, headers: { 'retry-after': '1' } } : { status: 200 });
    bed.sender.configure([integrationTo(receiver.url)]);
    await append(1, 5);
    await until(() => bed.sender.status('one')?.nextAttemptAtMs !== null && asked === 1, 'the first answer');
    const { nextAttemptAtMs } = bed.sender.status('one')!;
    const [first] = bed.sender.deliveries('one');
    expect(nextAttemptAtMs! - first!.atMs).toBeGreaterThanOrEqual(1000);
    await has(5);
    await until(() => bed.sender.deliveries('one').length > 1, 'the second call');
    const second = bed.sender.deliveries('one').at(-2);
    expect(second!.atMs).toBeGreaterThanOrEqual(nextAttemptAtMs! - 2);
  });

  test('what is too old when the destination fails becomes a dead letter', async () => {
    receiver.answer = () => ({ status: 500 });
    bed.sender.configure([integrationTo(receiver.url, { delivery: { retryAgeMsMax: 50 } })]);
    await append(1, 30);
    await until(() => bed.sender.status('one')?.rejected === 30, 'the refusals');
    expect((await bed.undelivered()).flatMap(({ messages }) => messages).sort()).toEqual(texts(1, 30).sort());
    receiver.answer = () => ({ status: 200 });
    await append(31, 40);
    await has(10);
    expect(received()).toEqual(texts(31, 40));
  });

  test.each([1])(
    'connections fail in every way, seed %i: all arrive, in order but for what came before',
    async (seed) => {
      const random = new Random(seed);
      const proxy = await openFaultProxy(receiver.port);
      closers.push(() => proxy.close());
      const url = `http://127.0.0.1:${proxy.port}/`;
      bed.sender.configure([integrationTo(url, { config: { eventsMax: 20, timeoutMs: 150 } })]);
      receiver.answer = () => {
        const status = [200, 200, 200, 200, 429, 500, 503][random.int(7)]!;
        return { status, takes: status === 200 };
      };
      const sending = append(1, 600);
      await troubled(proxy, random);
      await sending;
      await has(600);
      await idle();
      expect(firstOf(received())).toEqual(texts(1, 600));
      expect(bed.sender.status('one')!.delivered).toBe(600);
      expect(await bed.undelivered()).toEqual([]);
    },
  );

  test('the thread dies again and again: all arrive', async () => {
    const proxy = await openFaultProxy(receiver.port);
    closers.push(() => proxy.close());
    // So that the cursor, which is saved every 20 ms, moves on before it dies.
    proxy.set({ kind: 'latency', ms: 5 });
    const config = { callsMax: 20, eventsMax: 5 };
    bed.sender.configure([integrationTo(`http://127.0.0.1:${proxy.port}/`, { config })]);
    await append(1, 200);
    await has(200);
    expect(firstOf(received())).toEqual(texts(1, 200));
    expect(bed.faults.length).toBeGreaterThan(0);
  });

  test('events that come again come with the same ids, and the same batch with its id', async () => {
    let asked = 0;
    receiver.answer = () => (asked++ < 2 ? { status: 500, takes: true } : { status: 200 });
    await bed.journal.append('acme', numbered(1, 5));
    bed.sender.configure([integrationTo(receiver.url, { config: { ...FULL, eventsMax: 5 } })]);
    await until(() => receiver.events.length === 15, 'three times');
    expect(uniqueOf(receiver.events.map(({ id }) => id))).toHaveLength(5);
    expect(uniqueOf(receiver.batches)).toHaveLength(1);
  });
});

describe('several', () => {
  test('a dead destination delays no other, and catches up', async () => {
    const dead = await openEventReceiver();
    const proxy = await openFaultProxy(dead.port);
    closers.push(
      () => proxy.close(),
      () => dead.close(),
    );
    proxy.set({ kind: 'stall' });
    bed.sender.configure([
      integrationTo(receiver.url, { id: 'healthy' }),
      integrationTo(`http://127.0.0.1:${proxy.port}/`, { id: 'dead' }),
    ]);
    const padding = 'x'.repeat(2000);
    const messages = texts(1, 5000).map((text) => `${text} ${padding}`);
    for (let at = 0; at < messages.length; at += 100) {
      await bed.journal.append(
        'acme',
        messages.slice(at, at + 100).map((message) => ({ message })),
      );
    }
    await has(5000);
    expect(bed.sender.status('healthy')).toMatchObject({ rejected: 0 });
    await idle('healthy');
    await until(() => bed.sender.status('dead')?.lagEvents === 5000, 'the lag to be known');
    // What it holds in memory is bounded: 10 MB wait, the rest of them in the journal.
    await until(() => bed.sender.status('dead')!.state === 'retrying', 'the first failure');
    proxy.set({ kind: 'ok' });
    await has(5000, dead);
    expect(firstOf(received(dead))).toEqual(messages);
    await idle('dead');
    expect(bed.sender.status('dead')).toMatchObject({ lagEvents: 0, lagBytes: 0, lagSeconds: 0 });
  });

  test('the journal is held back for the slowest', async () => {
    const slow = await openEventReceiver();
    closers.push(() => slow.close());
    slow.answer = () => ({ status: 503 });
    expect(bed.floor.position).toBe(0);
    bed.sender.configure([integrationTo(receiver.url), integrationTo(slow.url, { id: 'slow', from: 3 })]);
    await append(1, 70);
    await has(70);
    await until(() => bed.floor.position === 3, 'the floor');
    bed.sender.configure([integrationTo(receiver.url)]);
    await until(() => bed.floor.position === 11, 'the floor without the slow one');
    bed.sender.configure([integrationTo(receiver.url), integrationTo(slow.url, { id: 'slow' })]);
    expect(bed.floor.position).toBeLessThanOrEqual(11);
    slow.answer = () => ({ status: 200 });
    await has(56, slow);
    bed.sender.configure([]);
    await until(() => bed.floor.position > 1000, 'no floor');
  });

  test('without any nothing is held back', () => {
    bed.sender.configure([]);
    expect(bed.floor.position).toBe(Number.MAX_SAFE_INTEGER);
  });
});

describe('journal limit', () => {
  const SEGMENT = 64 << 10;
  const big = (from: number, to: number) => texts(from, to).map((text) => ({ message: `${text} ${'x'.repeat(1000)}` }));

  beforeEach(async () => {
    await bed.close();
    bed = await openSenderBed({ segmentBytes: SEGMENT, limits: { laneBytesMin: 20_000, laneBytesMax: 20_000 } });
  });

  test.each(['skip', 'disable'] as const)('a destination that fails too long: %s', async (whenFull) => {
    receiver.answer = () => ({ status: 503 });
    const delivery = { journalBytesMax: 3 * SEGMENT, whenFull };
    bed.sender.configure([integrationTo(receiver.url, { delivery })]);
    for (let at = 1; at <= 1000; at += 10) await bed.journal.append('acme', big(at, at + 9));
    if (whenFull === 'disable') {
      await until(() => bed.disabled.length > 0, 'the end');
      expect(bed.disabled[0]).toMatchObject({ id: 'one', reason: expect.stringMatching(/journal/) });
      await until(() => bed.floor.position > 1_000_000, 'the journal to be free');
      return;
    }
    await until(() => (bed.sender.status('one')?.skipped ?? 0) > 700, 'skipping');
    // From here on nothing more is skipped: what is taken in parts would count twice.
    const kept = () => {
      void bed.reader.trim(bed.floor.position);
      return bed.reader.segments().reduce((sum, { bytes }) => sum + bytes, 0);
    };
    await until(() => kept() <= 3 * SEGMENT, 'the journal to be short');
    await until(() => bed.sender.status('one')!.lagEvents === 1000 - bed.sender.status('one')!.skipped, 'its place');
    receiver.answer = () => ({ status: 200 });
    await until(() => received().some((text) => text.startsWith('event 1000 ')), 'the newest');
    await idle();
    const { skipped, delivered } = bed.sender.status('one')!;
    expect(skipped + delivered).toBe(1000);
    const last = uniqueOf(received());
    expect(last).toEqual(big(1001 - delivered, 1000).map(({ message }) => message));
  });
});

/** Each message where it came first. */
const firstOf = (messages: readonly string[]) => uniqueOf(messages);

async function troubled(proxy: FaultProxy, random: Random): Promise<void> {
  for (let i = 0; i < 25; i++) {
    const afterBytes = random.int(600);
    const faults: Fault[] = [
      { kind: 'refuse' },
      { kind: 'reset-answer', afterBytes: afterBytes % 200 },
      { kind: 'reset-request', afterBytes },
      { kind: 'stall' },
      { kind: 'latency', ms: 10 },
      { kind: 'ok' },
    ];
    proxy.set(faults[random.int(faults.length)]!);
    await delay(30 + random.int(60));
  }
  proxy.set({ kind: 'ok' });
}
