import { rulesWithout } from '@tailwater/schema/redaction';
import { describe, expect, test } from 'vitest';
import { maskSecrets } from './mask.ts';

const ALL = rulesWithout([]);

function masked(text: string | Buffer, rules = ALL): Buffer {
  const body = Buffer.from(text as string);
  const before = body.length;
  maskSecrets(body, rules);
  expect(body.length).toBe(before);
  return body;
}

const text = (source: string, rules = ALL): string => masked(source, rules).toString('utf8');

describe('text', () => {
  test.each([
    ['mail jo.doe@example.com now', 'mail ****************** now'],
    ['card 4111 1111 1111 1111.', 'card 1000*1000*1000*1000.'],
    ['{"card":4111111111111111}', '{"card":1000000000000000}'],
    ['{"password":"hunter2","n":1}', '{"password":"******1","n":1}'],
    ['größe jo.doe@example.com', 'größe ******************'],
    ['nothing here', 'nothing here'],
  ])('%s', (source, expected) => {
    expect(text(source)).toBe(expected);
  });

  test.each([
    '{"m":"password=ab\\"c\\\\d\\u00e9e\\nf"}',
    '{"m":"\\nAKIAIOSFODNN7EXAMPLE"}',
    '{"m":"a\\u0040b jo\\u0040example.com"}',
    '{"a":{"secret":"x y, z"},"token":"abc\\tdef"}',
    '{"db":"postgres://app:s3cret@db/x","k":"-----BEGIN PRIVATE KEY-----\\nMIIEabc\\n-----END PRIVATE KEY-----"}',
    '{"token":12345678901234,"pwd":"ünïcödé ☃ pass"}',
  ])('%s stays JSON of the same keys', (source) => {
    const after: unknown = JSON.parse(text(source));
    expect(Object.keys(after as object)).toEqual(Object.keys(JSON.parse(source) as object));
    expect(text(source)).not.toMatch(/s3cret|AKIA|MIIE|example\.com/);
  });

  test('a rule that is off masks nothing', () => {
    expect(text('jo.doe@example.com', rulesWithout(['email']))).toBe('jo.doe@example.com');
  });
});

describe('binary', () => {
  const lengths = (...parts: (number | string)[]) =>
    Buffer.concat(parts.map((part) => (typeof part === 'number' ? Buffer.from([part]) : Buffer.from(part))));

  test('a secret in the midst of bytes', () => {
    const body = masked(lengths(0xff, 0x0a, 18, 'jo.doe@example.com', 0xfe));
    expect(body).toEqual(lengths(0xff, 0x0a, 18, '*'.repeat(18), 0xfe));
  });

  test.each([
    ['protobuf', lengths(0x0a, 45), 'jo.doe@example.com'],
    ['protobuf, a long string', lengths(0x0a, 0x80 | 4, 0x61), 'jo.doe@example.com'],
    ['MessagePack', lengths(0xd9, 45), 'jo.doe@example.com'],
    ['MessagePack, 16 bits', lengths(0xda, 1, 0x61), 'jo.doe@example.com'],
  ])('the length before a secret stays: %s', (_, length, secret) => {
    const rest = ` ${'x '.repeat(8000)}`;
    expect(masked(Buffer.concat([length, Buffer.from(secret + rest)]))).toEqual(
      Buffer.concat([length, Buffer.from('*'.repeat(secret.length) + rest)]),
    );
  });

  test.each([
    ['all of it ASCII', lengths(10, 8, 'password', 0x12, 9, 10, 7, 'letmein')],
    ['Lumberjack 1, all of it ASCII', lengths(0, 0, 0, 8, 'password', 0, 0, 0, 7, 'letmein')],
    ['AnyValue of OpenTelemetry', lengths(0xff, 10, 8, 'password', 0x12, 9, 10, 7, 'letmein')],
    ['a pair of strings in protobuf', lengths(0xff, 10, 8, 'password', 0x12, 7, 'letmein')],
    ['MessagePack', lengths(0xff, 0xa8, 'password', 0xa7, 'letmein', 1)],
    ['MessagePack, longer', lengths(0xff, 0xa8, 'password', 0xd9, 7, 'letmein', 1)],
    ['Lumberjack 1', lengths(0xff, 0, 0, 0, 8, 'password', 0, 0, 0, 7, 'letmein')],
  ])('a value by its name: %s', (_, source) => {
    const after = masked(source);
    expect(after.toString('latin1')).toBe(source.toString('latin1').replace('letmein', '*******'));
  });

  test('numbers and names that only look alike stay', () => {
    const source = lengths(0xff, 10, 8, 'password', 0x12, 2, 0x18, 5, 10, 6, 'tokens', 0x12, 3, 'abc');
    expect(masked(source)).toEqual(source);
  });
});
