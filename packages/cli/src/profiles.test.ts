import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { profileOf, readProfiles, writeProfiles } from './profiles.ts';

let dir: string;
let path: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tailwater-profiles-'));
  path = join(dir, 'deep', 'profiles.json');
});
afterEach(() => rmSync(dir, { recursive: true }));

const PROD = { url: 'https://logs.example.com', apiKey: 'secret', org: 'acme' };

test('written with 0600 and read back', () => {
  const profiles = { current: 'prod', profiles: { prod: PROD, local: { url: 'http://127.0.0.1:4750' } } };
  writeProfiles(path, profiles);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readProfiles(path)).toEqual(profiles);
  expect(profileOf(profiles, undefined)).toEqual(PROD);
  expect(profileOf(profiles, 'local')).toEqual({ url: 'http://127.0.0.1:4750' });
  expect(() => profileOf(profiles, 'stage')).toThrow(/no profile `stage` \(there are: prod, local\)/);
});

test('no file, no profiles', () => {
  expect(readProfiles(path)).toEqual({ current: null, profiles: {} });
  expect(profileOf(readProfiles(path), undefined)).toBeNull();
});

test('a file that others may read is refused with its cure', () => {
  writeProfiles(path, { current: null, profiles: {} });
  chmodSync(path, 0o644);
  expect(() => readProfiles(path)).toThrow(`chmod 600 ${path}`);
});

test.each(['', '[]', '{"profiles":{"a":{}}}'])('no file of profiles: %j', (text) => {
  writeProfiles(path, { current: null, profiles: {} });
  writeFileSync(path, text);
  expect(() => readProfiles(path)).toThrow(/is no file of profiles/);
});
