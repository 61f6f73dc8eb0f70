import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Keyring, openKeyring } from './keyring.ts';
import { keyIdOf, seal, unseal } from './sealing.ts';

let dir: string;
let keysFile: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tailwater-secrets-'));
  keysFile = join(dir, 'deep', 'secret-keys');
});
afterEach(() => rmSync(dir, { recursive: true }));

const keyText = (id: string) => `${id}:${randomBytes(32).toString('base64')}`;
const ring = (keys?: string): Keyring => openKeyring({ keys, keysFile });
const place = { orgId: 'acme', integrationId: '11111111-1111-4111-8111-111111111111', field: 'api_key' };

describe('sealing', () => {
  test.each(['', 'x', 'Schlüssel ✓', '-----BEGIN KEY-----\nabc\n', 'y'.repeat(100_000)])(
    '%.20j opens again',
    (text) => {
      const keyring = ring(keyText('k1'));
      const sealed = seal(keyring, place, text);
      expect(sealed).toMatch(/^v1\.k1\.[A-Za-z0-9_-]+$/);
      expect(Buffer.from(sealed.split('.')[2]!, 'base64url').length).toBe(12 + Buffer.byteLength(text) + 16);
      expect(unseal(keyring, place, sealed)).toBe(text);
    },
  );

  test('the same text is sealed differently each time', () => {
    const keyring = ring(keyText('k1'));
    const all = Array.from({ length: 50 }, () => seal(keyring, place, 'same'));
    expect(new Set(all).size).toBe(50);
  });

  test.each([
    ['org', { ...place, orgId: 'other' }],
    ['integration', { ...place, integrationId: 'env-datadog' }],
    ['field', { ...place, field: 'token' }],
  ])('it does not open in another %s', (_, other) => {
    const keyring = ring(keyText('k1'));
    const sealed = seal(keyring, place, 'secret');
    expect(() => unseal(keyring, other, sealed)).toThrow(/changed or moved/);
  });

  test('no changed byte goes unnoticed', () => {
    const keyring = ring(keyText('k1'));
    const bytes = Buffer.from(seal(keyring, place, 'secret').slice('v1.k1.'.length), 'base64url');
    for (let i = 0; i < bytes.length; i++) {
      const changed = Buffer.from(bytes);
      changed[i]! ^= 1;
      expect(() => unseal(keyring, place, `v1.k1.${changed.toString('base64url')}`)).toThrow(/changed or moved/);
    }
    for (const cut of [0, 11, 27]) {
      const short = bytes.subarray(0, cut).toString('base64url');
      expect(() => unseal(keyring, place, `v1.k1.${short}`)).toThrow(/cut short/);
    }
  });

  test('a key of the same id with other bytes, an unknown id, an unknown version', () => {
    const sealed = seal(ring(keyText('k1')), place, 'secret');
    expect(() => unseal(ring(keyText('k1')), place, sealed)).toThrow(/another than the one that sealed it/);
    const unknown = {
      code: 'destination_unauthorized',
      field: 'secrets.api_key',
      message: expect.stringContaining('`k1`'),
    };
    expect(() => unseal(ring(keyText('k2')), place, sealed)).toThrow(expect.objectContaining(unknown));
    expect(() => unseal(ring(keyText('k1')), place, sealed.replace('v1', 'v2'))).toThrow(/not sealed as this version/);
  });
});

describe('keyring', () => {
  test('the first key seals and all open', () => {
    const [k1, k2] = [keyText('k1'), keyText('k2')];
    const old = seal(ring(k1), place, 'secret');
    const both = ring(`${k2},${k1}`);
    expect(unseal(both, place, old)).toBe('secret');
    expect(keyIdOf(seal(both, place, 'secret'))).toBe('k2');
    expect(both.addKey()).toBeNull();
  });

  test('without a configured key one is made at the first secret, for its owner only, and stays', () => {
    const keyring = ring();
    expect(keyring.keys()).toEqual([]);
    expect(() => statSync(keysFile)).toThrow(/ENOENT/);
    const sealed = seal(keyring, place, 'secret');
    expect(statSync(keysFile).mode & 0o777).toBe(0o600);
    expect(unseal(ring(), place, sealed)).toBe('secret');
    expect(keyIdOf(seal(ring(), place, 'again'))).toBe('k1');
  });

  test('a key that is added seals from then on, and what the others sealed opens', () => {
    const keyring = ring();
    const first = seal(keyring, place, 'one');
    expect(keyring.addKey()?.id).toBe('k2');
    const second = seal(keyring, place, 'two');
    expect([keyIdOf(first), keyIdOf(second)]).toEqual(['k1', 'k2']);
    const later = ring();
    expect([unseal(later, place, first), unseal(later, place, second)]).toEqual(['one', 'two']);
    expect(statSync(keysFile).mode & 0o777).toBe(0o600);
  });

  test('keys of the file still open once keys are configured', () => {
    const sealed = seal(ring(), place, 'secret');
    const keyring = ring(keyText('main'));
    expect(unseal(keyring, place, sealed)).toBe('secret');
    expect(keyIdOf(seal(keyring, place, 'x'))).toBe('main');
    expect(() => ring(keyText('k1'))).toThrow(/of that id in the keys file/);
  });

  test.each([
    ['', 'holds no key'],
    ['k1', 'cannot be read'],
    [`k1:${randomBytes(31).toString('base64')}`, '`k1`'],
    [`k1:${randomBytes(33).toString('base64')}`, '`k1`'],
    ['k1:not base64 at all', '`k1`'],
    [`bad id:${randomBytes(32).toString('base64')}`, 'cannot be read'],
    [`${keyText('k1')},${keyText('k1')}`, 'two keys of one id'],
  ])('%.20s… is refused, and not shown', (text, message) => {
    let told: unknown;
    try {
      ring(text);
    } catch (error) {
      told = error;
    }
    expect(told).toMatchObject({
      code: 'invalid_field',
      field: 'secrets.keys',
      message: expect.stringContaining(message),
    });
    const values = text
      .split(',')
      .map((part) => part.split(':')[1])
      .filter((value) => value !== undefined);
    for (const value of values) expect((told as Error).message).not.toContain(value);
  });

  test('a damaged file is refused and left as it is', () => {
    ring().sealingKey();
    writeFileSync(keysFile, 'k1:damaged\n');
    expect(() => ring()).toThrow(/cannot be read/);
    expect(readFileSync(keysFile, 'utf8')).toBe('k1:damaged\n');
  });
});
