import { expect, test } from 'vitest';
import type { Environment } from './environment.ts';
import { resolveSettings } from './options.ts';
import type { TailwaterOptions } from './types.ts';

const NOTHING: Environment = {
  url: undefined,
  apiKey: undefined,
  service: undefined,
  level: undefined,
  levels: undefined,
  format: undefined,
  environment: undefined,
};

function resolve(options: TailwaterOptions, environment: Partial<Environment> = {}, isTerminal = true) {
  const troubles: string[] = [];
  const settings = resolveSettings(options, {
    environment: { ...NOTHING, ...environment },
    isTerminal,
    onTrouble: (message) => troubles.push(message),
  });
  return { ...settings, troubles };
}

test.each([
  [{ environment: 'development' }, true, { level: 'debug', stdout: 'pretty' }],
  [{ environment: 'development' }, false, { level: 'debug', stdout: 'json' }],
  [{ environment: 'staging' }, true, { level: 'info', stdout: 'json' }],
  [{ environment: 'production' }, true, { level: 'info', stdout: 'json' }],
  [{}, true, { level: 'info', stdout: 'json' }],
  [{ level: 'WARNING', format: 'PRETTY' }, false, { level: 'warn', stdout: 'pretty' }],
])('defaults for %j on a terminal: %s', (environment, isTerminal, expected) => {
  expect(resolve({}, environment, isTerminal)).toMatchObject({ ...expected, troubles: [] });
});

test('options win over the environment', () => {
  const environment = { url: 'http://env/', levels: 'agent=debug, auth = error', service: 'env', apiKey: 'env' };
  expect(resolve({}, environment)).toMatchObject({
    url: 'http://env',
    levels: { agent: 'debug', auth: 'error' },
    service: 'env',
  });
  const options = { url: 'https://own', levels: { auth: 'info' }, service: 'own', apiKey: 'own' } as const;
  expect(resolve(options, environment)).toMatchObject({ ...options, levels: { agent: 'debug', auth: 'info' } });
});

test.each([
  ['url', { url: 'no url' }],
  ['url', { url: 'ftp://x' }],
  ['LOG_LEVEL', { level: 'loud' }],
  ['LOG_LEVELS', { levels: 'agent=loud' }],
  ['LOG_LEVELS', { levels: 'agent' }],
  ['LOG_FORMAT', { format: 'xml' }],
])('a wrong %s never stops a program: %j', (_, environment) => {
  const { troubles, level, stdout, url } = resolve({}, environment);
  expect(troubles).toHaveLength(1);
  expect({ level, stdout, url }).toEqual({ level: 'info', stdout: 'json', url: undefined });
});

test('numbers that are none, and names the server would not take', () => {
  const settings = resolve({
    ringEvents: -1,
    batchEvents: Number.NaN,
    flushIntervalMs: 1e99,
    name: 'ü'.repeat(300),
    host: '',
  });
  expect(settings).toMatchObject({ ringEvents: 10_000, batchEvents: 100, flushIntervalMs: 3_600_000 });
  expect(Buffer.byteLength(settings.name)).toBe(200);
});

test('redaction is on, off, or without some rules', () => {
  expect(resolve({}).redactRulesOff).toEqual([]);
  expect(resolve({ redact: false }).redactRulesOff).toBeUndefined();
  expect(resolve({ redact: { off: ['email'] } }).redactRulesOff).toEqual(['email']);
});
