import { SEVERITY_NUMBER } from '@tailwater/schema';
import type { EventBatch } from '../../batch/event-batch.ts';
import { FIELD } from '../../batch/fields.ts';
import type { I64Column } from '../../batch/growable.ts';
import type { SymbolTable } from '../../batch/symbol-table.ts';
import type { Processor, ProcessorContext, ProcessorReport } from '../processor.ts';
import { LogTypesByLogger, normaliseLogType } from './log-types.ts';

/** Log type of an event that names none and whose logger is unknown. */
const DEFAULT_LOG_TYPE = 'app';
/**
 * Latest time kept: 2106-02-07T06:28:15Z, where ClickHouse's DateTime ends. Events can hold times up to 2262, but the
 * hours of the statistics and the partitions' days are DateTime and Date, which would wrap around.
 * https://clickhouse.com/docs/en/sql-reference/data-types/datetime
 */
const LATEST_NS = 4294967295n * 1_000_000_000n;
const LATEST_LOW = Number(LATEST_NS & 0xffffffffn);
const LATEST_HIGH = Number(LATEST_NS >> 32n);
/** Orgs whose prefixes are kept compiled. */
const ORGS_MAX = 1000;

type Counts = {
  timestampMissing: number;
  timestampClamped: number;
  severityMissing: number;
  logTypeMissing: number;
  logTypeFromLogger: number;
  logTypeNormalised: number;
};

/** Log types by symbol of the logger, and the normal form of given log types, for one generation of a table. */
interface Memo {
  symbols: SymbolTable;
  generation: number;
  normal: Map<number, number>;
  /** By org: '' stands for all orgs without prefixes of their own. */
  byLogger: Map<string, { logTypes: ProcessorContext['settings']['logTypes']; types: Map<number, number> }>;
}

/**
 * Fills in what senders left out: severity (info), time (that of arrival) and log type (by logger name, else `app`).
 * `logTypes` maps prefixes of logger names to log types; those of the org come first. Times outside 1970 to 2106 are
 * clamped. Counts as `enrich.<what>`.
 */
export function createEnrich({ logTypes }: { logTypes: Readonly<Record<string, string>> }): Processor {
  const configured = new LogTypesByLogger(logTypes);
  let memo: Memo | undefined;

  return {
    id: 'enrich',
    apply(batch: EventBatch, context: ProcessorContext): ProcessorReport {
      const { symbols } = batch;
      if (memo === undefined || memo.symbols !== symbols || memo.generation !== symbols.generation) {
        memo = { symbols, generation: symbols.generation, normal: new Map([[0, 0]]), byLogger: new Map() };
      }
      const counts: Counts = {
        timestampMissing: 0,
        timestampClamped: 0,
        severityMissing: 0,
        logTypeMissing: 0,
        logTypeFromLogger: 0,
        logTypeNormalised: 0,
      };
      fillSeverities(batch, counts);
      fillTimestamps(batch.timestamp, batch.rows, context.receivedAtMs, counts);
      fillLogTypes(batch, memo, typesByLogger(memo, context, configured), counts);
      return reportOf(counts);
    },
  };
}

function fillSeverities(batch: EventBatch, counts: Counts): void {
  const { data } = batch.severityNumber;
  for (let row = 0; row < batch.rows; row++) {
    if (data[row] !== 0) continue;
    data[row] = SEVERITY_NUMBER.info;
    counts.severityMissing++;
  }
}

function fillTimestamps({ data }: I64Column, rows: number, receivedAtMs: number, counts: Counts): void {
  const arrival = BigInt(Math.trunc(receivedAtMs)) * 1_000_000n;
  const arrivalLow = Number(arrival & 0xffffffffn);
  const arrivalHigh = Number((arrival >> 32n) & 0xffffffffn);
  for (let i = 0; i < rows * 2; i += 2) {
    const low = data[i];
    const high = data[i + 1];
    if (low === 0 && high === 0) {
      data[i] = arrivalLow;
      data[i + 1] = arrivalHigh;
      counts.timestampMissing++;
    } else if (high > LATEST_HIGH || (high === LATEST_HIGH && low > LATEST_LOW)) {
      // The sign bit: before 1970.
      const isBefore1970 = high > 0x7fffffff;
      data[i] = isBefore1970 ? 0 : LATEST_LOW;
      data[i + 1] = isBefore1970 ? 0 : LATEST_HIGH;
      counts.timestampClamped++;
    }
  }
}

type FindLogType = (logger: number) => number;

/** Finds the log type of a logger's symbol, 0 when no prefix matches. */
function typesByLogger(memo: Memo, { orgId, settings }: ProcessorContext, configured: LogTypesByLogger): FindLogType {
  const { symbols, byLogger } = memo;
  const own = Object.keys(settings.logTypes).length > 0;
  const key = own ? orgId : '';
  let known = byLogger.get(key);
  if (known === undefined || (own && !isSame(known.logTypes, settings.logTypes))) {
    if (byLogger.size >= ORGS_MAX) byLogger.clear();
    known = { logTypes: settings.logTypes, types: new Map() };
    byLogger.set(key, known);
  }
  const { types } = known;
  let ofOrg: LogTypesByLogger | undefined;
  return (logger) => {
    let logType = types.get(logger);
    if (logType === undefined) {
      ofOrg ??= new LogTypesByLogger(settings.logTypes);
      const name = symbols.text(logger);
      logType = symbols.internText(ofOrg.find(name) || configured.find(name));
      types.set(logger, logType);
    }
    return logType;
  };
}

/** Settings cross threads as copies, so the same ones are not always the same object. */
function isSame(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  if (a === b) return true;
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => Object.hasOwn(b, name) && a[name] === b[name]);
}

function fillLogTypes(batch: EventBatch, memo: Memo, findLogType: FindLogType, counts: Counts): void {
  const { symbols, symbolColumns, rows } = batch;
  const logTypes = symbolColumns[FIELD.logType].data;
  const loggers = symbolColumns[FIELD.logger].data;
  const fallback = symbols.internText(DEFAULT_LOG_TYPE);
  for (let row = 0; row < rows; row++) {
    const given = logTypes[row];
    let logType = memo.normal.get(given);
    if (logType === undefined) {
      logType = symbols.internText(normaliseLogType(symbols.text(given)));
      memo.normal.set(given, logType);
    }
    if (logType === 0) {
      const found = findLogType(loggers[row]);
      logType = found === 0 ? fallback : found;
      if (found === 0) counts.logTypeMissing++;
      else counts.logTypeFromLogger++;
    } else if (logType !== given) {
      counts.logTypeNormalised++;
    }
    logTypes[row] = logType;
  }
}

const COUNTER_NAMES: Record<keyof Counts, string> = {
  timestampMissing: 'enrich.timestamp_missing',
  timestampClamped: 'enrich.timestamp_clamped',
  severityMissing: 'enrich.severity_missing',
  logTypeMissing: 'enrich.log_type_missing',
  logTypeFromLogger: 'enrich.log_type_from_logger',
  logTypeNormalised: 'enrich.log_type_normalised',
};

function reportOf(counts: Counts): ProcessorReport {
  const report: ProcessorReport = {};
  for (const [name, counter] of Object.entries(COUNTER_NAMES)) {
    const count = counts[name as keyof Counts];
    if (count > 0) report[counter] = count;
  }
  return report;
}
