import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { RunnableIntegration } from '../../src/consumers/destination-sender/sender.ts';
import type { TestStep } from '../../src/destinations/destination.ts';
import { numbered, until } from '../app/tail-fixture.ts';
import { openFaultProxy } from '../support/fault-proxy.ts';
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

  test('no call has more events than may go in a second', async () => {
    bed.sender.configure([integrationTo(receiver.url, { config: FULL, delivery: { eventsPerSecondMax: 20 } })]);
    await bed.journal.append('acme', numbered(1, 60));
    await has(60);
    expect(receiver.calls).toEqual([20, 20, 20]);
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
    bed.sender.configure([integrationTo(receiver.url, { config: { ...FULL, eventsMax: 10 } })]);
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
    await until(() => bed.sender.status('one')?.rejected === 1, 'the refusal');
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

test('what was read before it could be counted is no lag', async () => {
  await append(1, 3000, 3000);
  // They are counted one after the other, and read at the same time.
  const ids = Array.from({ length: 8 }, (_, i) => `quiet-${i}`);
  const filter = { logTypes: ['nothing is of this type'] };
  bed.sender.configure(ids.map((id) => integrationTo(receiver.url, { id, filter })));
  const lag = () => ids.map((id) => bed.sender.status(id)?.lagEvents);
  await until(() => lag().every((events) => events !== undefined), 'the first report');
  await delay(1500);
  expect(lag()).toEqual(ids.map(() => 0));
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
    const overTls = await steps(receiver.url.replace('http:', 'https:'));
    expect(overTls.at(-1)).toMatchObject({ name: 'connection', ok: false, advice: expect.stringMatching(/https:/) });
    const unusable = { ...integrationTo(''), config: {} };
    const told = await stepsOf(unusable);
    expect(told).toEqual([expect.objectContaining({ name: 'settings', ok: false, field: 'url' })]);
  });

  test('a destination that does not answer is told as that, with advice', async () => {
    const proxy = await openFaultProxy(receiver.port);
    closers.push(() => proxy.close());
    proxy.set({ kind: 'stall' });
    await bed.close();
    bed = await openSenderBed({ limits: { testMsMax: 500 } });
    const told = await steps(`http://127.0.0.1:${proxy.port}/`);
    expect(told.at(-1)).toMatchObject({ name: 'answer', ok: false, advice: expect.stringMatching(/firewall/) });
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
