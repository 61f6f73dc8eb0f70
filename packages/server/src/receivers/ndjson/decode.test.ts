import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { runs } from '../../../test/support/share.ts';
import { JsonScanner } from '../util/json-scanner.ts';
import { decodeForTest, newBatch, storedEvents } from '../util/test-batch.ts';
import { decodeJson } from './decode.ts';

const FIXTURES = new URL('./fixtures/', import.meta.url);
const decode = (body: string | Buffer, limits = {}) =>
  decodeForTest((batch) => decodeJson(Buffer.from(body as string), batch), limits);

test.each(readdirSync(FIXTURES))('fixture %s', async (name) => {
  const folder = new URL(`${name}/`, FIXTURES);
  const input = readdirSync(folder).find((file) => file.startsWith('input.'))!;
  const decoded = decode(readFileSync(new URL(input, folder)));
  const expected = new URL('expected.json', folder).pathname;
  await expect(`${JSON.stringify(decoded, null, 2)}\n`).toMatchFileSnapshot(expected);
});

test.each([
  ['nothing', ''],
  ['white space', ' \r\n\t'],
  ['a byte order mark', '\ufeff \n'],
])('a body of %s is refused', (_, body) => {
  expect(decode(body).error?.code).toBe('invalid_body');
});

test.each([
  ['an empty array', '[ ]', 0],
  ['an empty wrapped array', '{"logs": [] }\n', 0],
  ['an object with nothing in it', '{ }', 1],
  ['a byte order mark', '\ufeff{"a":1}', 1],
  ['objects without anything between them', '{"a":1}{"a":2}\r\n{"a":3}', 3],
  ['arrays one after another', '[{"a":1}]\n[{"a":2},{"a":3}]\n', 3],
  ['carriage returns', '{"a":1}\r\n{"a":2}\r\n', 2],
])('%s is read', (_, body, events) => {
  expect(decode(body)).toEqual({ events: expect.objectContaining({ length: events }) });
});

test('bytes that are no UTF-8 become U+FFFD, in names and values', () => {
  const body = Buffer.concat([Buffer.from('{"k'), Buffer.of(0xff), Buffer.from('":["'), Buffer.of(0xc3, 0x5c)]);
  const tail = Buffer.from('/"],"message":"');
  const decoded = decode(Buffer.concat([body, tail, Buffer.of(0xe2, 0x82), Buffer.from('\\n"}')]));
  expect(decoded.events).toEqual([{ message: '\ufffd\n', attributes: { 'k\ufffd': '["\ufffd\\/"] (json)' } }]);
});

test('limits are named', () => {
  const one = (body: string, limits: object) => decode(body, limits).rejections?.[0]?.error;
  expect(one(`{"message":"${'x'.repeat(200)}"}`, { eventBytesMax: 100 })).toContain('limits.eventBytesMax');
  expect(one(`{"service":"${'x'.repeat(70_000)}"}`, { eventBytesMax: 100 })).toContain('limits.eventBytesMax');
  expect(one(`{"${'k'.repeat(20)}":1}`, { attributeNameBytesMax: 10 })).toContain('limits.attributeNameBytesMax');
  expect(one('{"a":1,"b":2}', { eventAttributesMax: 1 })).toContain('limits.eventAttributesMax');
  expect(decode('{"a":1}\n'.repeat(3), { batchEventsMax: 2 }).error?.code).toBe('too_many_events');
  expect(decode('x\n'.repeat(3), { batchEventsMax: 2 }).error?.code).toBe('too_many_events');
  expect(decode('[1,1,1]', { batchEventsMax: 2 }).error?.code).toBe('too_many_events');
});

test('many aliases of one field: the first wins, all others stay attributes', () => {
  const names = Array.from({ length: 100 }, (_, i) => `t${'_'.repeat(i)}s`);
  const { events } = decode(`{${names.map((name, i) => `"${name}":${i}`).join(',')}}`, { eventAttributesMax: 1000 });
  expect(Object.keys(events![0].attributes as object).length).toBe(99);
});

test('symbols that were forgotten between two bodies are learnt again', () => {
  const batch = newBatch();
  for (let i = 0; i < 3; i++) {
    batch.clear();
    decodeJson(Buffer.from(`{"pad${i}":{"x":1},"level":"error","trace":{"id":"t"},"service":"s${i}"}`), batch);
    expect(storedEvents(batch)).toMatchObject([{ severityNumber: 17, traceId: 't', service: `s${i}` }]);
    batch.clear();
    batch.symbols.trimIfLarge(0);
  }
});

/** JSON text with the mistakes that people and bad serialisers make. */
const brokenJson = fc
  .tuple(
    fc.json({ maxDepth: 4 }),
    fc.array(fc.tuple(fc.nat(), fc.nat(), fc.constantFrom(...mistakes())), { maxLength: 2 }),
  )
  .map(([text, edits]) => {
    let result = text;
    for (const [at, cut, insert] of edits) {
      const position = at % (result.length + 1);
      result = result.slice(0, position) + insert + result.slice(position + (cut % 3));
    }
    return result;
  });

function mistakes(): string[] {
  const plain =
    '{ } [ ] , : " \\ 0 - + . e E 1 01 1. .5 1e 1e5 -0 nul null true tru NaN \\u00e9 \\ud800 \\u12 \\x "a" {}';
  return [
    ...plain.split(' '),
    '',
    ' ',
    '\n',
    '\t',
    '\u0000',
    '\u001f',
    '\u007f',
    '\u2028',
    'é',
    '\ud83d\ude00',
    '\ufeff',
  ];
}

test('the scanner takes what JSON.parse takes, and nothing else', () => {
  const scanner = new JsonScanner();
  fc.assert(
    fc.property(brokenJson, (text) => {
      const bytes = Buffer.from(text);
      expect(scannerTakes(scanner, bytes)).toBe(parseTakes(bytes.toString()));
    }),
    { numRuns: runs(1000) },
  );
});

function scannerTakes(scanner: JsonScanner, bytes: Buffer): boolean {
  scanner.reset(bytes);
  try {
    return scanner.skip(scanner.valueEnd(scanner.skip(0), 0)) === scanner.end;
  } catch {
    return false;
  }
}

function parseTakes(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

const anyName = fc.oneof(
  fc.constantFrom('a', 'b', 'a.b', '__proto__', 'x y', ''),
  fc.string({ unit: 'binary', maxLength: 9 }),
);
const anyValue = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 3 }),
    tie('object'),
  ),
  object: fc.dictionary(anyName, tie('value'), { maxKeys: 5 }),
}));

/** What the decoder should make of an object: an independent account over parsed JSON. */
function flatten(object: object, prefix: string, into: Map<string, string>): Map<string, string> {
  for (const [key, value] of Object.entries(object)) {
    const name = `${prefix}${key.toWellFormed()}`;
    if (typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length > 0) {
      flatten(value, `${name}.`, into);
    } else if (!into.has(name)) {
      into.set(
        name,
        typeof value === 'string' ? `string ${value.toWellFormed()}` : `${kindOf(value)} ${JSON.stringify(value)}`,
      );
    }
  }
  return into;
}

function kindOf(value: unknown): string {
  return typeof value === 'number' ? 'number' : typeof value === 'boolean' ? 'bool' : 'json';
}

const object = anyValue.object as fc.Arbitrary<Record<string, unknown>>;

test('every member comes out as it went in, in one line or many, in an array or not', () => {
  fc.assert(
    fc.property(
      fc.array(object, { minLength: 1, maxLength: 5 }),
      fc.constantFrom(0, 2),
      fc.boolean(),
      (objects, indent, inArray) => {
        const events = objects.map((attributes) => ({ metadata: attributes }));
        const texts = events.map((event) => JSON.stringify(event, null, indent));
        const batch = newBatch();
        decodeJson(Buffer.from(inArray ? `[${texts.join(',')}]` : texts.join('\n')), batch);
        expect(batch.rejections).toEqual([]);
        const got = storedEvents(batch).map(({ attributes }) =>
          Object.entries(attributes).map(([name, { kind, text }]) => [
            name,
            kind === 'json' ? `json ${JSON.stringify(JSON.parse(text))}` : `${kind} ${text}`,
          ]),
        );
        expect(got.map((entries) => new Map(entries as [string, string][]))).toEqual(
          objects.map((attributes) => flatten(attributes, '', new Map())),
        );
      },
    ),
    { numRuns: runs(125) },
  );
});

test('lines that were cut short or are no JSON never take a good neighbour with them', () => {
  const good = fc.nat(1e6).map((n) => ({ text: `{"n":${n}}`, n }));
  const cut = fc.tuple(object, fc.nat()).map(([value, at]) => {
    const text = JSON.stringify(value);
    return { text: text.slice(0, at % text.length), n: null };
  });
  const garbage = fc.constantFrom('plain text', '"text"', '12', '<xml>').map((text) => ({ text, n: null }));
  fc.assert(
    fc.property(
      fc.array(fc.oneof(good, cut, garbage), { maxLength: 10 }),
      fc.constantFrom('', '  '),
      (lines, indent) => {
        const { events } = decode(`{"n":-1}\n${lines.map(({ text }) => `${indent}${text}`).join('\n')}`);
        const numbers = [-1, ...lines.map(({ n }) => n).filter((n) => n !== null)];
        expect(events!.map(({ attributes }) => (attributes as Record<string, string>)?.n)).toEqual(
          numbers.map((n) => `${n} (number)`),
        );
      },
    ),
    { numRuns: runs(250) },
  );
});
