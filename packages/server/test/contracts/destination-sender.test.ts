import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { RunnableIntegration } from '../../src/consumers/destination-sender/sender.ts';
import type { TestStep } from '../../src/destinations/destination.ts';
import { numbered, until } from '../app/tail-fixture.ts';
import { Random } from '../sim/random.ts';
import { type Fault, type FaultProxy, openFaultProxy } from '../support/fault-proxy.ts';
import { type EventReceiver, openEventReceiver } from '../support/forwarding/event-receiver.ts';
import { integrationTo, openSenderBed, type SenderBed } from '../support/forwarding/sender-bed.ts';

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

describe('delivery', () => {
  test('every event of the org, in order, once, each under its id, and none of others', async () => {
    await append(1, 100);
    bed.sender.configure([integrationTo(receiver.url)]);
    await bed.journal.append('other', [{ message: 'not for acme' }]);
    await append(101, 400);
    await has(400);
    await idle();
    expect(received()).toEqual(texts(1, 400));
    expect(uniqueOf(receiver.events.map(({ id }) => id))).toHaveLength(400);
    expect(bed.sender.status('one')).toMatchObject({ delivered: 400, rejected: 0, lagEvents: 0, lagSeconds: 0 });
    expect(bed.sender.deliveries('one')[0]).toMatchObject({ status: '200', error: null, attempt: 1, replay: false });
    expect(bed.faults).toEqual([]);
  });

  test('what the filter selects', async () => {
    const other = await openEventReceiver();
    closers.push(() => other.close());
    const filter = { minSeverity: 'error', attributes: [{ name: 'tier', value: 'gold' }] } as const;
    const half = { sampleRate: 0.5 };
    bed.sender.configure([
      integrationTo(receiver.url, { filter }),
      integrationTo(other.url, { id: 'two', filter: half }),
    ]);
    const gold = { attributes: { tier: 'gold' } };
    await bed.journal.append('acme', [
      { message: 'a', severityNumber: 17, ...gold },
      { message: 'b', severityNumber: 13, ...gold },
      { message: 'c', severityNumber: 21 },
      { message: 'd', severityNumber: 24, ...gold },
    ]);
    await append(1, 1000, 100);
    await has(2);
    await until(() => (bed.sender.status('two')?.delivered ?? 0) > 400, 'the sample');
    await idle('two');
    expect(received()).toEqual(['a', 'd']);
    expect(other.events.length).toBeGreaterThan(430);
    expect(other.events.length).toBeLessThan(570);
  });

  test('a restart goes on where it was; one that left the set goes on when it is back', async () => {
    bed.sender.configure([integrationTo(receiver.url)]);
    await append(1, 50);
    await has(50);
    await bed.restart();
    await append(51, 100);
    bed.sender.configure([integrationTo(receiver.url, { from: 1 })]);
    await has(100);
    bed.sender.configure([]);
    await append(101, 150);
    bed.sender.configure([integrationTo(receiver.url)]);
    await has(150);
    await idle();
    expect(received()).toEqual(texts(1, 150));
  });

  test('other settings hold from where it is', async () => {
    const other = await openEventReceiver();
    closers.push(() => other.close());
    bed.sender.configure([integrationTo(receiver.url)]);
    await append(1, 50);
    await has(50);
    await idle();
    bed.sender.configure([integrationTo(other.url)]);
    await append(51, 100);
    await has(50, other);
    expect(received()).toEqual(texts(1, 50));
    expect(received(other)).toEqual(texts(51, 100));
  });

  test('a forgotten one begins anew', async () => {
    bed.sender.configure([integrationTo(receiver.url)]);
    await append(1, 20);
    await has(20);
    await idle();
    bed.sender.configure([]);
    await bed.sender.forget('one');
    bed.sender.configure([integrationTo(receiver.url, { from: 2 })]);
    await until(() => receiver.events.length >= 33, 'the events again');
    expect(received()).toEqual([...texts(1, 20), ...texts(8, 20)]);
  });

  test('batches keep to what the destination takes', async () => {
    const config = { eventsMax: 10, bytesMax: 300 };
    await bed.journal.append('acme', numbered(1, 100));
    await bed.journal.append('acme', [{ message: 'x'.repeat(1000) }]);
    bed.sender.configure([integrationTo(receiver.url, { config })]);
    await has(101);
    // 60 bytes each: four fit into 300.
    expect(Math.max(...receiver.calls)).toBeLessThanOrEqual(5);
    expect(receiver.calls.at(-1)).toBe(1);
  });

  test('several calls at a time lose nothing', async () => {
    const config = { concurrency: 4, eventsMax: 5 };
    bed.sender.configure([integrationTo(receiver.url, { config })]);
    await append(1, 500);
    await has(500);
    await idle();
    await bed.restart();
    bed.sender.configure([integrationTo(receiver.url, { config })]);
    await append(501, 520);
    await has(520);
    expect(received().sort()).toEqual(texts(1, 520).sort());
  });
});

describe('refusals', () => {
  test('a poison event becomes a dead letter, the others arrive in order', async () => {
    receiver.answer = (events) =>
      events.some(({ message }) => message.includes('poison')) ? { status: 400, body: 'a bad one' } : { status: 200 };
    const samples = numbered(1, 60);
    samples[17] = { message: 'poison 1' };
    samples[40] = { message: 'unencodable' };
    samples[41] = { message: 'poison 2' };
    await bed.journal.append('acme', samples);
    bed.sender.configure([integrationTo(receiver.url)]);
    await has(57);
    await idle();
    expect(received()).toEqual(texts(1, 60).filter((_, i) => ![17, 40, 41].includes(i)));
    const letters = await bed.undelivered();
    expect(letters.flatMap(({ messages }) => messages).sort()).toEqual(['poison 1', 'poison 2', 'unencodable']);
    expect(bed.sender.status('one')).toMatchObject({ delivered: 57, rejected: 3 });
  });

  test('items that are rejected become dead letters, items that are asked for again come again', async () => {
    let isFirst = true;
    receiver.answer = (events) => {
      const again = isFirst ? [{ index: 2, reason: 'throttled' }] : [];
      isFirst = false;
      const index = events.findIndex(({ message }) => message === 'event 5');
      return { status: 200, body: { again, rejected: index < 0 ? [] : [{ index, reason: 'mapping' }] } };
    };
    await bed.journal.append('acme', numbered(1, 10));
    bed.sender.configure([integrationTo(receiver.url)]);
    await has(9);
    await idle();
    expect(received().sort()).toEqual(
      texts(1, 10)
        .filter((text) => text !== 'event 5')
        .sort(),
    );
    expect(await bed.undelivered()).toEqual([{ reason: 'mapping', messages: ['event 5'] }]);
  });

  test('too large a batch is halved, too large an event is a dead letter', async () => {
    receiver.answer = (events) =>
      events.length > 3 || events[0]!.message === 'event 9' ? { status: 413, body: 'too large' } : { status: 200 };
    await bed.journal.append('acme', numbered(1, 30));
    bed.sender.configure([integrationTo(receiver.url)]);
    await until(() => (bed.sender.status('one')?.delivered ?? 0) >= 29, 'all but one');
    await idle();
    const missing = texts(1, 30).filter((text) => !received().includes(text));
    expect((await bed.undelivered()).flatMap(({ messages }) => messages)).toEqual(missing);
    expect(missing).toHaveLength(1);
    expect(received()).toEqual(texts(1, 30).filter((text) => !missing.includes(text)));
  });

  test('a dead letter can be sent again', async () => {
    let isPicky = true;
    receiver.answer = () => (isPicky ? { status: 400, body: 'no' } : { status: 200 });
    bed.sender.configure([integrationTo(receiver.url)]);
    await bed.journal.append('acme', numbered(1, 3));
    await until(() => bed.sender.status('one')?.rejected === 3, 'the refusals');
    isPicky = false;
    const [letter] = await bed.undelivered();
    const line = { attributes: {}, labels: {}, timestampNs: '5', eventId: 'a', message: letter!.messages[1] };
    expect(await bed.sender.redeliver('one', Buffer.from(JSON.stringify(line)))).toEqual({
      delivered: 1,
      rejected: [],
    });
    expect(received()).toEqual(['event 2']);
    isPicky = true;
    const again = await bed.sender.redeliver('one', Buffer.from(JSON.stringify(line)));
    expect(again).toEqual({ delivered: 0, rejected: [{ index: 0, reason: '400 no' }] });
    await expect(bed.sender.redeliver('two', Buffer.alloc(0))).rejects.toMatchObject({ code: 'not_found' });
  });

  test('refused credentials pause it, and nothing is lost', async () => {
    receiver.answer = ({ length }, { headers }) =>
      headers.authorization === 'Bearer right' ? { status: 200 } : { status: 401, body: `no to ${length}` };
    bed.sender.configure([integrationTo(receiver.url, { secrets: { token: 'wrong' } })]);
    await append(1, 100);
    await until(() => bed.sender.status('one')?.state === 'paused', 'the pause');
    await until(() => receiver.calls.length >= 4, 'probes');
    // The first call was a batch, the probes are small.
    expect(Math.max(...receiver.calls.slice(1))).toBeLessThanOrEqual(10);
    expect(bed.sender.status('one')).toMatchObject({
      delivered: 0,
      rejected: 0,
      circuit: expect.stringMatching(/open/),
    });
    expect(bed.sender.status('one')!.lagEvents).toBe(100);
    bed.sender.configure([integrationTo(receiver.url, { secrets: { token: 'right' } })]);
    await has(100);
    expect(received()).toEqual(texts(1, 100));
    expect(await bed.undelivered()).toEqual([]);
  });

  test('one that is gone is disabled, told once, and keeps its place', async () => {
    receiver.answer = () => ({ status: 410, body: 'gone' });
    bed.sender.configure([integrationTo(receiver.url)]);
    await append(1, 20);
    await until(() => bed.disabled.length > 0, 'the end');
    expect(bed.disabled).toEqual([{ id: 'one', reason: '410 gone' }]);
    await until(() => bed.sender.status('one')?.state === 'disabled', 'the status');
    await until(() => bed.floor.position > 1000, 'the journal to be free');
    receiver.answer = () => ({ status: 200 });
    bed.sender.configure([]);
    bed.sender.configure([integrationTo(receiver.url)]);
    await has(20);
    expect(received()).toEqual(texts(1, 20));
  });

  test('settings that cannot be used are told, and mended', async () => {
    bed.sender.configure([{ ...integrationTo(receiver.url), config: { nothing: 1 } }]);
    await until(() => bed.sender.status('one')?.state === 'paused', 'the status');
    expect(bed.sender.status('one')).toMatchObject({ state: 'paused', lastError: expect.stringMatching(/settings/) });
    bed.sender.configure([{ ...integrationTo(receiver.url), unavailable: 'no secrets at hand' }]);
    await append(1, 10);
    await until(() => bed.sender.status('one')?.lastError === 'no secrets at hand', 'the reason');
    expect(bed.floor.position).toBe(1);
    bed.sender.configure([integrationTo(receiver.url)]);
    await has(10);
  });
});

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

  test.each([1, 2, 3])(
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
    bed.sender.configure([integrationTo(receiver.url)]);
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
    await until(() => bed.floor.position > 70, 'the floor');
    await bed.reader.trim(bed.floor.position);
    expect(bed.reader.bytes()).toBeLessThan(4 * SEGMENT);
    receiver.answer = () => ({ status: 200 });
    await until(() => received().some((text) => text.startsWith('event 1000 ')), 'the newest');
    await idle();
    const { skipped, delivered } = bed.sender.status('one')!;
    expect(skipped + delivered).toBe(1000);
    expect(received()).toEqual(big(1001 - delivered, 1000).map(({ message }) => message));
  });
});

describe('connection test', () => {
  const stepsOf = async (integration: RunnableIntegration) => {
    const all: TestStep[] = [];
    for await (const step of bed.sender.test(integration, new AbortController().signal)) all.push(step);
    return all;
  };
  const steps = (url: string) => stepsOf(integrationTo(url));

  test('tells each step and sends one marked event', async () => {
    const told = await steps(receiver.url);
    expect(told.map(({ name, ok }) => [name, ok])).toEqual([
      ['address', true],
      ['connection', true],
      ['event', true],
    ]);
    expect(received()).toEqual([expect.stringMatching(/connection test/)]);
  });

  test('tells the first thing that is wrong, and how to mend it', async () => {
    receiver.answer = () => ({ status: 401, body: 'who?' });
    expect((await steps(receiver.url)).at(-1)).toMatchObject({ name: 'credentials', ok: false, field: 'token' });
    const { port } = receiver;
    await receiver.close();
    expect(await steps(`http://127.0.0.1:${port}/`)).toEqual([
      { name: 'address', ok: true, detail: expect.any(String) },
      expect.objectContaining({ name: 'connection', ok: false, advice: expect.any(String) }),
    ]);
    receiver = await openEventReceiver();
    expect(await steps('http://169.254.169.254/')).toEqual([
      expect.objectContaining({ name: 'address', ok: false, advice: expect.stringMatching(/egress.allow/) }),
    ]);
    const unusable = { ...integrationTo(''), config: {} };
    const told = await stepsOf(unusable);
    expect(told).toEqual([expect.objectContaining({ name: 'settings', ok: false, field: 'url' })]);
  });

  test('ends when the user goes away', async () => {
    const proxy = await openFaultProxy(receiver.port);
    closers.push(() => proxy.close());
    proxy.set({ kind: 'stall' });
    const leaving = new AbortController();
    const all: string[] = [];
    for await (const { name } of bed.sender.test(integrationTo(`http://127.0.0.1:${proxy.port}/`), leaving.signal)) {
      all.push(name);
      if (name === 'connection') leaving.abort();
    }
    expect(all).toEqual(['address', 'connection']);
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
