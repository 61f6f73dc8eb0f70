import { expect, test } from 'vitest';
import { MemberText } from './members.ts';

const members = new MemberText();
const write = (metadata: Record<string, unknown>, charactersMax = 100_000): unknown =>
  JSON.parse(`{${members.write(metadata, charactersMax)}}`);

const circle: Record<string, unknown> = { a: 1 };
circle.self = circle;
const hostile = {
  get thrown(): string {
    throw new Error('no');
  },
  fine: 1,
};
const revoked = Proxy.revocable({}, {});
revoked.revoke();
const untold = new Proxy(
  {},
  {
    ownKeys() {
      throw new Error('no');
    },
  },
);
const date = new Date(Date.UTC(2026, 10, 21));

test.each([
  [
    'texts',
    { a: 'b', c: 'd "e" \\ \n \u0001', d: '💡', e: '\ud800' },
    { a: 'b', c: 'd "e" \\ \n \u0001', d: '💡', e: '\ud800' },
  ],
  ['numbers', { a: 1, b: -1.5e-7, c: Number.NaN, d: Infinity }, { a: 1, b: -1.5e-7, c: 'NaN', d: 'Infinity' }],
  ['nothing', { a: undefined, b: null, c: () => 1 }, { b: null }],
  ['BigInt and symbols', { a: 10n ** 30n, b: Symbol('s') }, { a: `1${'0'.repeat(30)}`, b: 'Symbol(s)' }],
  ['dates', { a: date, b: new Date(Number.NaN) }, { a: '2026-11-21T00:00:00.000Z', b: null }],
  [
    'bytes',
    { a: Buffer.from('abc'), b: new Uint16Array(4), c: new ArrayBuffer(2) },
    { a: '[3 bytes]', b: '[8 bytes]', c: '[2 bytes]' },
  ],
  [
    'maps and sets',
    {
      a: new Map<unknown, unknown>([
        ['k', 1],
        [2, 'v'],
      ]),
      b: new Set([1, 'x']),
    },
    { a: { k: 1, 2: 'v' }, b: [1, 'x'] },
  ],
  ['circles', { circle }, { circle: { a: 1, self: '[circular]' } }],
  ['getters that throw', hostile, { thrown: '[unreadable]', fine: 1 }],
  ['getters that throw, inside', { hostile }, { hostile: { thrown: '[unreadable]', fine: 1 } }],
  ['proxies that throw', { a: revoked.proxy, b: 1 }, { a: '[unreadable]', b: 1 }],
  ['toJSON', { a: { toJSON: () => ({ b: 1 }) }, c: new URL('http://x/') }, { a: { b: 1 }, c: 'http://x/' }],
  ['toJSON that throws', { a: { toJSON: () => JSON.parse('{') } }, { a: '[unreadable]' }],
  ['objects without a prototype', { a: Object.assign(Object.create(null), { b: 1 }) }, { a: { b: 1 } }],
])('%s', (_, metadata, expected) => {
  expect(write(metadata)).toEqual(expected);
});

test('an error is an exception in the words of OpenTelemetry', () => {
  const error = new TypeError('bad', { cause: new Error('inner', { cause: 'root' }) });
  const { exception } = write({ error }) as { exception: Record<string, string> };
  expect(exception).toMatchObject({ type: 'TypeError', message: 'bad', cause: 'Error: inner; root' });
  expect(exception.stacktrace).toContain('TypeError: bad\n');
  expect(write({ failed: Object.assign(new Error('x'), { code: 'ENOENT' }) })).toMatchObject({
    failed: { type: 'Error', code: 'ENOENT' },
  });
});

test('a sea of references ends', () => {
  const item: Record<string, unknown> = {};
  for (let i = 0; i < 50; i++)
    item[`k${i}`] = { items: Array.from({ length: 50 }, () => ({ item, text: 'x'.repeat(100) })) };
  const text = members.write({ item }, 10_000);
  expect(text.length).toBeLessThan(15_000);
  expect(members.isCut).toBe(true);
});

test.each([
  ['a long text', { a: 'x'.repeat(20_000), b: 1 }],
  ['a long array', { a: Array.from({ length: 100_000 }, (_, i) => i), b: 1 }],
  ['many members', Object.fromEntries(Array.from({ length: 5_000 }, (_, i) => [`key${i}`, i]))],
])('%s is cut, and says so', (_, metadata) => {
  expect(JSON.stringify(write(metadata, 10_000)).length).toBeLessThan(11_000);
  expect(members.isCut).toBe(true);
});

test.each([
  [{ password: 'x' }, true],
  [{ tokens_in: 5, user: 'x' }, false],
  [{ db: { pass: 'x' } }, true],
  [{ api: [{ key: 'x' }] }, true],
  [{ a: { b: { c: 1 } } }, false],
])('names that may announce a secret: %j', (metadata, isTelling) => {
  write(metadata);
  expect(members.isTelling).toBe(isTelling);
});

test('a proxy that does not tell its members has none', () => {
  expect(write(untold)).toEqual({});
  expect(members.isCut).toBe(true);
});

test('a thousand members at most are read', () => {
  let reads = 0;
  const many = new Proxy(Object.fromEntries(Array.from({ length: 5_000 }, (_, index) => [`k${index}`, index])), {
    get: (target, name) => {
      reads++;
      return Reflect.get(target, name);
    },
  });
  expect(Object.keys(write(many) as object)).toHaveLength(1_000);
  expect([reads, members.isCut]).toEqual([1_000, true]);
});
