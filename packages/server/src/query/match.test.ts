import { expect, test } from 'vitest';
import { compileMatcher, type Matchable, storeNumber } from './match.ts';
import type { Condition } from './plan.ts';
import { parseSearchText } from './search-text.ts';

/** That SQL means the same is held by test/store/match.test.ts; these cases say what it is. */
const EVENT: Matchable = {
  orgId: 'acme',
  eventId: '',
  clientEventId: '',
  timestampNs: 0n,
  receivedAtMs: 0,
  receiver: 'ndjson',
  logType: 'auth',
  eventType: '',
  severity: 'error',
  severityNumber: 18,
  message: 'Login of Größe1x FAILED: user-id=42, ip 10.0.0.1',
  service: 'gate',
  host: '',
  logger: '',
  userId: '',
  resourceId: '',
  resourceType: '',
  action: '',
  traceId: '',
  spanId: '',
  requestId: '',
  durationMs: 12.5,
  cost: null,
  attributes: { status: { kind: 'number', text: '500' }, empty: { kind: 'string', text: '' } },
  labels: { app: 'shop' },
};

test.each([
  ['login', true],
  ['logi', false],
  ['LOGIN failed', true],
  ['login -failed', false],
  ['größe1x', true],
  ['GRÖSSE1X', false],
  ['größe', false],
  ['42', true],
  ['4', false],
  ['user-id', true],
  ['id-user', false],
  ['10.0.0.1', true],
  ['"0.0.1"', true],
  ['"ailed: us"', true],
  ['severity:error', true],
  ['severity:>error', false],
  ['service:gate', true],
  ['service:GATE', false],
  ['host:*', false],
  ['status:500', true],
  ['status:>=500', true],
  ['status:>500', false],
  ['status:!=500', false],
  ['nothing:!=500', true],
  ['empty:*', true],
  ['nothing:*', false],
  ['attr.empty:""', true],
  ['attr.nothing:""', false],
  ['attr.empty:>=0', false],
  ['label.app:shop', true],
  ['label.none:""', true],
  ['label.none:*', false],
  ['duration_ms:>12', true],
  ['cost:>=0', false],
  ['-cost:>=0', true],
  ['constructor:*', false],
])('%s: %s', (text, expected) => {
  expect(compileMatcher(parseSearchText(text)!)(EVENT)).toBe(expected);
});

test.each<[Condition, boolean]>([
  [{ kind: 'and', conditions: [] }, true],
  [{ kind: 'or', conditions: [] }, false],
  [{ kind: 'field', column: 'service', values: [] }, false],
  [{ kind: 'severity', ranges: [] }, false],
])('%j: %s', (condition, expected) => {
  expect(compileMatcher(condition)(EVENT)).toBe(expected);
});

test.each([
  ['1.50', 1.5],
  ['+5', 5],
  ['.5', 0.5],
  ['5.', 5],
  ['-inf', Number.NEGATIVE_INFINITY],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['nan', null],
  ['', null],
  [' 1', null],
  ['0x10', null],
  ['1e', null],
])('the store reads %j as %s', (text, expected) => {
  expect(storeNumber(text)).toBe(expected);
});
