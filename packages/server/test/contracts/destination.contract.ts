import type { Event } from '@tailwater/schema';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import type {
  DeliveryResult,
  Destination,
  DestinationType,
  Settings,
  TestStep,
} from '../../src/destinations/destination.ts';
import type { EgressOptions } from '../../src/runtime/egress/create-egress.ts';
import { isKnownError, PermanentError, RetryableError } from '../../src/runtime/errors.ts';
import { batchOf, encoded, loopbackEgress, sampleEvent } from '../support/destination-events.ts';
import { openGate } from '../support/tcp-gate.ts';
import { type Fault, RETRY_AFTER_S, type Vendor } from '../support/vendors/vendor.ts';

/** Rule D5 allows 1 KiB of the answer; our own words come on top. */
const MESSAGE_UNITS_MAX = 1024 + 512;
/** Full batches are tried up to this many events and bytes: above, a test would measure memory. */
const FULL_EVENTS_MAX = 2000;
const FULL_BYTES_MAX = 12_000_000;

/** What destination.ts asks of every destination, against a receiver that is as strict as its vendor's documents. */
export function destinationContract(type: DestinationType, openVendor: () => Promise<Vendor>): void {
  describe(`destination: ${type.id}`, () => {
    let vendor: Vendor;
    const opened: { close(): Promise<void> }[] = [];
    const open = (settings: Settings<unknown> = vendor.settings, options: Partial<EgressOptions> = {}): Destination => {
      const egress = loopbackEgress(options);
      const destination = type.open(settings, { egress });
      opened.push(destination, egress);
      return destination;
    };
    beforeEach(async () => {
      vendor = await openVendor();
    });
    afterEach(async () => {
      for (const each of opened.splice(0)) await each.close();
      await vendor.close();
    });
    const config = () => vendor.settings.config;

    test('says what can be set, and refuses what it does not know', () => saysSettings(type));
    test('D1 the same event is the same bytes, whatever came before', () => encodesPurely(type, config()));
    test('D1 an event that is too large is cut, or refused for good', () => fitsEvents(type, config()));
    test('D2 events arrive, in order', () => deliversEvents(type, vendor, open()));
    test('D2 a batch that is as full as limits() says is taken', () => deliversFull(type, vendor, open()));
    test('D2 D3 after a cut connection the same batch goes through', () => deliversAgain(type, vendor, open()));
    test('D4 what went wrong is told by class and code', () => tellsFaults(type, vendor, open()));
    test('D4 wrong credentials are destination_unauthorized', () => tellsUnauthorized(type, vendor, open));
    test('D4 an event that is at fault does not take its neighbours with it', () =>
      rejectsPoison(type, vendor, open()));
    test('D6 a call ends with its signal, and close is safe twice', () => endsWithSignal(type, vendor, open()));
    test('D7 no connection but through egress', () => staysBehindEgress(type, vendor, open));
    test('the test call delivers the marked event', () => testsWell(type, vendor, open()));
    test('the test call says which setting is wrong', () => testsBadly(type, vendor, open));
  });
}

const forever = () => new AbortController().signal;
const numbered = (count: number, fields: Partial<Event> = {}) =>
  Array.from({ length: count }, (_, i) => sampleEvent(i, fields));

function saysSettings(type: DestinationType): void {
  expect(type.id).toMatch(/^[a-z][a-z0-9-]*$/);
  expect(type.fromEnvironment({})).toBeNull();
  const schema = z.toJSONSchema(type.config, { io: 'input', target: 'draft-2020-12' });
  const members = Object.entries(schema.properties ?? {}) as [string, { description?: string }][];
  expect(members.filter(([, { description }]) => !description).map(([name]) => name)).toEqual([]);
  const unknown = type.config.safeParse({ no_such_setting: 1 });
  expect(unknown.error?.issues.map(({ code }) => code)).toContain('unrecognized_keys');
  for (const { name, title, description } of type.secrets) {
    expect(name).toMatch(/^[a-z][a-z0-9_]*$/);
    expect([title, description]).not.toContain('');
  }
}

function encodesPurely(type: DestinationType, config: unknown): void {
  const event = sampleEvent(1);
  const first = Buffer.from(type.encode(event, config)).toString('base64');
  for (const other of numbered(20)) type.encode(other, config);
  expect(Buffer.from(type.encode(structuredClone(event), config)).toString('base64')).toBe(first);
}

function fitsEvents(type: DestinationType, config: unknown): void {
  const { eventBytesMax } = type.limits(config);
  const text = 'ß"'.repeat(Math.min(eventBytesMax, 3_000_000));
  const large = [
    sampleEvent(1, { message: text }),
    sampleEvent(2, { attributes: { dump: { kind: 'string', text } } }),
    sampleEvent(3, {
      attributes: Object.fromEntries([...'abc'].map((name) => [name, { kind: 'json', text: `["${text}"]` }])),
    }),
  ];
  for (const event of large) {
    try {
      expect(type.encode(event, config).length).toBeLessThanOrEqual(eventBytesMax);
    } catch (error) {
      if (!(error instanceof PermanentError)) throw error;
      expect(error.code).toBe('event_too_large');
    }
  }
}

async function deliversEvents(type: DestinationType, vendor: Vendor, destination: Destination): Promise<void> {
  const events = numbered(60);
  for (let from = 0; from < events.length; from += 20) {
    const batch = batchOf(type, events.slice(from, from + 20), vendor.settings.config);
    const result = await destination.deliver(batch, forever());
    expect(result).toMatchObject({ rejected: [], again: [] });
    expect(result.bytesSent).toBeGreaterThan(0);
    expect(result.status).not.toBe('');
  }
  expect(vendor.messages()).toEqual(events.map(({ message }) => message));
  expect(vendor.complaints()).toEqual([]);
}

/** Once as many small events as may be, once as many bytes as may be. */
async function deliversFull(type: DestinationType, vendor: Vendor, destination: Destination): Promise<void> {
  const { config } = vendor.settings;
  const { eventsMax, bytesMax, eventBytesMax, overheadBytes } = type.limits(config);
  const deliver = async (events: readonly Event[]) => {
    const before = vendor.messages().length;
    expect(await destination.deliver(batchOf(type, events, config), forever())).toMatchObject({
      rejected: [],
      again: [],
    });
    expect(vendor.messages().slice(before).map(brief)).toEqual(events.map(({ message }) => brief(message)));
  };
  const sizeOf = (event: Event) => encoded(type, event, config).bytes.length + overheadBytes;
  const small = numbered(Math.min(eventsMax, FULL_EVENTS_MAX), { attributes: {}, labels: {} });
  await deliver(fitting(small, sizeOf, bytesMax));
  // Noise, so that compression does not make it small.
  const bare = sizeOf(sampleEvent(0, { message: '' }));
  const textUnits = Math.floor(Math.min(eventBytesMax, bytesMax, 100_000) * 0.9) - bare;
  const many = Math.min(eventsMax, Math.ceil(FULL_BYTES_MAX / Math.max(1, textUnits)));
  const texts = Array.from({ length: many }, (_, i) =>
    sampleEvent(FULL_EVENTS_MAX + i, { message: `${i} ${noise(textUnits - 10, i)}` }),
  );
  const large = fitting(texts, sizeOf, bytesMax);
  expect(large.length).toBeGreaterThan(0);
  await deliver(large);
  expect(vendor.complaints()).toEqual([]);
}

/** What tells large texts apart: a failed test that prints megabytes helps nobody. */
const brief = (text: string) => `${text.slice(0, 40)} (${text.length})`;

/** As many of the first as fit. */
function fitting(events: readonly Event[], sizeOf: (event: Event) => number, bytesMax: number): Event[] {
  let bytes = 0;
  const end = events.findIndex((event) => {
    bytes += sizeOf(event);
    return bytes > bytesMax;
  });
  return end < 0 ? [...events] : events.slice(0, end);
}

/** Text of letters and digits that no compression makes much smaller. */
function noise(units: number, seed: number): string {
  let state = seed + 1;
  const bytes = Buffer.alloc(Math.ceil((Math.max(0, units) * 3) / 4));
  for (let i = 0; i < bytes.length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[i] = state >>> 24;
  }
  return bytes.toString('base64url').slice(0, Math.max(0, units));
}

async function deliversAgain(type: DestinationType, vendor: Vendor, destination: Destination): Promise<void> {
  const events = numbered(10);
  const batch = batchOf(type, events, vendor.settings.config);
  if (vendor.faults.includes('reset')) {
    vendor.fail('reset');
    const error = await failureOf(destination.deliver(batch, forever()), vendor);
    expect(error).toBeInstanceOf(RetryableError);
    expect(error.code).toBe('destination_unavailable');
    vendor.fail(null);
  }
  await destination.deliver(batch, forever());
  await destination.deliver(batch, forever());
  const messages = events.map(({ message }) => message);
  expect([...new Set(vendor.messages())]).toEqual(messages);
  if (vendor.takesOnce) expect(vendor.messages()).toEqual(messages);
}

const EXPECTED: Partial<Record<Fault, { class: typeof PermanentError | typeof RetryableError; code: string }>> = {
  throttled: { class: RetryableError, code: 'destination_unavailable' },
  failing: { class: RetryableError, code: 'destination_unavailable' },
  too_large: { class: PermanentError, code: 'payload_too_large' },
  gone: { class: PermanentError, code: 'destination_gone' },
  redirect: { class: RetryableError, code: 'destination_unavailable' },
};

async function tellsFaults(type: DestinationType, vendor: Vendor, destination: Destination): Promise<void> {
  const batch = batchOf(type, numbered(5), vendor.settings.config);
  for (const [fault, expected] of Object.entries(EXPECTED) as [Fault, NonNullable<(typeof EXPECTED)[Fault]>][]) {
    if (!vendor.faults.includes(fault)) continue;
    vendor.fail(fault);
    const error = await failureOf(destination.deliver(batch, forever()), vendor);
    expect(error, fault).toBeInstanceOf(expected.class);
    expect(error.code, fault).toBe(expected.code);
    if (fault === 'throttled') expect(error).toMatchObject({ retryAfterMs: RETRY_AFTER_S * 1000 });
    if (fault === 'redirect') expect(error.message).toContain('https://elsewhere.example');
  }
}

async function tellsUnauthorized(
  type: DestinationType,
  vendor: Vendor,
  open: (settings?: Settings<unknown>) => Destination,
): Promise<void> {
  if (vendor.unauthorized === null) return;
  const batch = batchOf(type, numbered(3), vendor.settings.config);
  const error = await failureOf(open(vendor.unauthorized).deliver(batch, forever()), vendor);
  expect(error.code).toBe('destination_unauthorized');
  expect(vendor.messages()).toEqual([]);
}

async function rejectsPoison(type: DestinationType, vendor: Vendor, destination: Destination): Promise<void> {
  if (vendor.poison === undefined) return;
  const events = [sampleEvent(0), vendor.poison(sampleEvent(1)), sampleEvent(2)];
  const batch = batchOf(type, events, vendor.settings.config);
  let result: DeliveryResult;
  try {
    result = await destination.deliver(batch, forever());
  } catch (error) {
    // The protocol says that one is at fault, but not which: the sender halves the batch until it is alone.
    expect(error).toMatchObject({ code: 'destination_rejected' });
    noSecrets(String((error as Error).message), vendor);
    return;
  }
  expect(result.rejected.map(({ index }) => index)).toEqual([1]);
  expect(result.rejected[0]!.reason).not.toBe('');
  noSecrets(JSON.stringify(result), vendor);
  const again = result.again.map(({ index }) => index);
  const taken = [0, 2].filter((index) => !again.includes(index)).map((index) => events[index]!.message);
  expect(vendor.messages()).toEqual(expect.arrayContaining(taken));
}

async function endsWithSignal(type: DestinationType, vendor: Vendor, destination: Destination): Promise<void> {
  const batch = batchOf(type, numbered(3), vendor.settings.config);
  const gone = AbortSignal.abort();
  await expect(destination.deliver(batch, gone)).rejects.toBeInstanceOf(Error);
  if (vendor.faults.includes('stalled')) {
    vendor.fail('stalled');
    const stop = new AbortController();
    const ended = expect(destination.deliver(batch, stop.signal)).rejects.toBeInstanceOf(Error);
    await vendor.stalled();
    stop.abort();
    await ended;
  }
  await destination.close();
  await destination.close();
  expect(vendor.messages()).toEqual([]);
}

async function staysBehindEgress(
  type: DestinationType,
  vendor: Vendor,
  open: (settings: Settings<unknown>, options: Partial<EgressOptions>) => Destination,
): Promise<void> {
  const destination = open(vendor.settings, { mode: 'allowlist', allow: [] });
  const batch = batchOf(type, numbered(3), vendor.settings.config);
  const error = await failureOf(destination.deliver(batch, forever()), vendor);
  expect(error.code).toBe('egress_denied');
  expect(vendor.messages()).toEqual([]);
}

async function testSteps(type: DestinationType, vendor: Vendor, destination: Destination): Promise<TestStep[]> {
  const steps: TestStep[] = [];
  const marked = encoded(type, sampleEvent(0, { message: 'a marked event' }), vendor.settings.config);
  await destination.test(marked, (step) => steps.push(step), forever());
  for (const step of steps) {
    noSecrets(JSON.stringify(step), vendor);
    expect(step.detail).not.toBe('');
  }
  return steps;
}

async function testsWell(type: DestinationType, vendor: Vendor, destination: Destination): Promise<void> {
  const steps = await testSteps(type, vendor, destination);
  expect(steps.map(({ ok }) => ok)).not.toContain(false);
  expect(steps.at(-1)).toMatchObject({ name: 'event', ok: true });
  expect(vendor.messages()).toEqual(['a marked event']);
}

/** Each way, the steps end with the one that failed, which says what to do. */
async function testsBadly(
  type: DestinationType,
  vendor: Vendor,
  open: (settings?: Settings<unknown>, options?: Partial<EgressOptions>) => Destination,
): Promise<void> {
  const lookup = () => Promise.reject(Object.assign(new Error('not found'), { code: 'ENOTFOUND' }));
  const port = await closedPort();
  const bad: [string, Destination][] = [
    ['DNS', open(vendor.at('no-such-host.example', 8443), { lookup, allow: ['no-such-host.example'] })],
    ['refused', open(vendor.at('127.0.0.1', port))],
  ];
  if (vendor.unauthorized !== null) bad.push(['unauthorized', open(vendor.unauthorized)]);
  for (const [title, destination] of bad) {
    const steps = await testSteps(type, vendor, destination);
    const last = steps.at(-1);
    expect(last, title).toMatchObject({ ok: false, advice: expect.stringMatching(/\w/) });
    expect(
      steps.slice(0, -1).map(({ ok }) => ok),
      title,
    ).not.toContain(false);
    if (title === 'unauthorized') expect(last!.field, title).toMatch(/\w/);
  }
  expect(vendor.messages()).toEqual([]);
}

async function closedPort(): Promise<number> {
  const gate = await openGate();
  await gate.close();
  return gate.port;
}

/** What was thrown, which has to be one of the two errors, short and without a secret. */
async function failureOf(call: Promise<unknown>, vendor: Vendor): Promise<PermanentError | RetryableError> {
  const error = await call.then(
    () => new Error('it was delivered'),
    (thrown: unknown) => thrown,
  );
  if (!isKnownError(error)) throw error;
  noSecrets(`${error.message} ${error.stack} ${JSON.stringify(error)}`, vendor);
  expect(error.message.length).toBeLessThanOrEqual(MESSAGE_UNITS_MAX);
  return error;
}

function noSecrets(text: string, vendor: Vendor): void {
  const secrets = [vendor.settings, vendor.unauthorized].flatMap((settings) => Object.values(settings?.secrets ?? {}));
  for (const secret of secrets) {
    const lines = secret.split('\n').filter((line) => line.length > 16 && !line.startsWith('-----'));
    for (const form of [...lines, encodeURIComponent(secret), Buffer.from(secret).toString('base64')]) {
      expect(text).not.toContain(form);
    }
  }
}
