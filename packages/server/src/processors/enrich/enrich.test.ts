import { expect, test } from 'vitest';
import { EventBatch } from '../../batch/event-batch.ts';
import { FIELD } from '../../batch/fields.ts';
import { DEFAULT_LIMITS } from '../../batch/limits.ts';
import { SymbolTable } from '../../batch/symbol-table.ts';
import type { OrgSettings } from '../processor.ts';
import { createEnrich } from './index.ts';
import { LogTypesByLogger, normaliseLogType } from './log-types.ts';

const RECEIVED_AT_MS = 1_763_712_000_123;

interface Given {
  logger?: string;
  logType?: string;
  severity?: number;
  timestampNs?: bigint;
}

function batchOf(symbols: SymbolTable, rows: readonly Given[]): EventBatch {
  const batch = new EventBatch(symbols, DEFAULT_LIMITS);
  for (const { logger = '', logType = '', severity = 0, timestampNs = 0n } of rows) {
    batch.beginRow();
    batch.setText(FIELD.logger, logger);
    batch.setText(FIELD.logType, logType);
    batch.setSeverityNumber(severity);
    const bits = BigInt.asUintN(64, timestampNs);
    batch.setTimestamp(Number(bits & 0xffffffffn), Number(bits >> 32n));
    batch.endRow();
  }
  return batch;
}

function context(logTypes: OrgSettings['logTypes'] = {}, orgId = 'acme') {
  return { orgId, receivedAtMs: RECEIVED_AT_MS, settings: { retentionDays: 30, redactRulesOff: [], logTypes } };
}

const logTypesOf = (batch: EventBatch) =>
  [...batch.symbolColumns[FIELD.logType].data.subarray(0, batch.rows)].map((id) => batch.symbols.text(id));

test.each([
  ['myapp.auth', 'auth'],
  ['myapp.auth.login', 'auth'],
  ['myapp.auth.admin.x', 'admin'],
  ['myapp.authx', 'platform'],
  ['myapp', 'platform'],
  ['myapp/auth', 'platform'],
  ['pkg/mail/send', 'mail'],
  ['Mail::Smtp', 'mail'],
  ['Mails', ''],
  ['other', ''],
  ['', ''],
])('the log type of logger %j is %j', (logger, logType) => {
  const types = {
    myapp: 'platform',
    'myapp.auth': 'auth',
    'myapp.auth.admin.': 'admin',
    'pkg/mail': 'mail',
    Mail: 'mail',
  };
  expect(new LogTypesByLogger(types).find(logger)).toBe(logType);
});

test.each([
  ['Auth', 'auth'],
  ['  KB ', 'kb'],
  ['a.b-C_1', 'a.b-c_1'],
  ['Größe', 'Größe'],
  ['Two Words', 'Two Words'],
  ['  ', ''],
])('log type %j becomes %j', (given, normal) => expect(normaliseLogType(given)).toBe(normal));

test('fills in severity, time and log type, and counts', () => {
  const batch = batchOf(new SymbolTable(), [
    {},
    { logger: 'a.b', severity: 17, timestampNs: 5n },
    { logType: 'Auth', severity: 24, timestampNs: 1_763_712_000_000_000_001n },
    { logType: ' ', logger: 'a', severity: 1, timestampNs: 1n },
  ]);
  const report = createEnrich({ logTypes: { a: 'agent' } }).apply(batch, context());
  expect(logTypesOf(batch)).toEqual(['app', 'agent', 'auth', 'agent']);
  expect([...batch.severityNumber.data.subarray(0, 4)]).toEqual([9, 17, 24, 1]);
  expect([0, 1, 2].map((row) => batch.timestamp.at(row))).toEqual([
    BigInt(RECEIVED_AT_MS) * 1_000_000n,
    5n,
    1_763_712_000_000_000_001n,
  ]);
  expect(report).toEqual({
    'enrich.timestamp_missing': 1,
    'enrich.severity_missing': 1,
    'enrich.log_type_missing': 1,
    'enrich.log_type_from_logger': 2,
    'enrich.log_type_normalised': 1,
  });
});

test.each([
  ['1969-12-31T23:59:59Z', '1970-01-01T00:00:00Z', 1],
  ['1900-01-01T00:00:00Z', '1970-01-01T00:00:00Z', 1],
  ['1970-01-01T00:00:01Z', '1970-01-01T00:00:01Z', 0],
  ['2106-02-07T06:28:15Z', '2106-02-07T06:28:15Z', 0],
  ['2106-02-07T06:28:16Z', '2106-02-07T06:28:15Z', 1],
  ['2262-04-11T00:00:00Z', '2106-02-07T06:28:15Z', 1],
])('the time %s is kept as %s', (given, kept, clamped) => {
  const ns = (time: string) => BigInt(Date.parse(time)) * 1_000_000n;
  const batch = batchOf(new SymbolTable(), [{ timestampNs: ns(given), severity: 9, logType: 'app' }]);
  const report = createEnrich({ logTypes: {} }).apply(batch, context());
  expect(batch.timestamp.at(0)).toBe(ns(kept));
  expect(report['enrich.timestamp_clamped'] ?? 0).toBe(clamped);
});

test('an org’s own prefixes come first, apply at once when changed, and to no other org', () => {
  const symbols = new SymbolTable();
  const enrich = createEnrich({ logTypes: { 'a.b': 'configured' } });
  const logTypeWith = (logTypes: OrgSettings['logTypes'], orgId: string) => {
    const batch = batchOf(symbols, [{ logger: 'a.b.c' }]);
    enrich.apply(batch, context(logTypes, orgId));
    return logTypesOf(batch)[0];
  };
  expect(logTypeWith({ a: 'own' }, 'acme')).toBe('own');
  expect(logTypeWith({}, 'globex')).toBe('configured');
  expect(logTypeWith({ a: 'other' }, 'acme')).toBe('other');
  expect(logTypeWith({ z: 'own' }, 'acme')).toBe('configured');
  expect(logTypeWith({}, 'acme')).toBe('configured');
});

test('what was remembered is forgotten with the symbols', () => {
  const symbols = new SymbolTable();
  const enrich = createEnrich({ logTypes: { x: 'one', y: 'two' } });
  const first = batchOf(symbols, [{ logger: 'x' }]);
  enrich.apply(first, context());
  expect(logTypesOf(first)).toEqual(['one']);
  symbols.trimIfLarge(0);
  const second = batchOf(symbols, [{ logger: 'y' }, { logger: 'x' }]);
  enrich.apply(second, context());
  expect(logTypesOf(second)).toEqual(['two', 'one']);
});
