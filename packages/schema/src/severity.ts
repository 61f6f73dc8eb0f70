/**
 * Severity: five names for people, OpenTelemetry's 24 numbers for machines.
 * The number is what is stored; the name is derived from it.
 * Source of the ranges: https://opentelemetry.io/docs/specs/otel/logs/data-model/#field-severitynumber
 */
export const SEVERITIES = ['debug', 'info', 'warn', 'error', 'critical'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** First severity number of each name. TRACE (1-4) counts as debug. */
export const SEVERITY_NUMBER: Record<Severity, number> = { debug: 5, info: 9, warn: 13, error: 17, critical: 21 };

/** Lowest and highest severity number that carry the name, both inclusive. */
export const SEVERITY_RANGE: Record<Severity, readonly [number, number]> = {
  debug: [1, 8],
  info: [9, 12],
  warn: [13, 16],
  error: [17, 20],
  critical: [21, 24],
};

/** The name of a severity number from 1 to 24. 0 (not given) and anything else reads as info. */
export function severityName(severityNumber: number): Severity {
  if (severityNumber >= 21 && severityNumber <= 24) return 'critical';
  if (severityNumber >= 17 && severityNumber <= 20) return 'error';
  if (severityNumber >= 13 && severityNumber <= 16) return 'warn';
  if (severityNumber >= 1 && severityNumber <= 8) return 'debug';
  return 'info';
}

const NUMBER_OF_TEXT: Record<string, number> = {
  trace: 1,
  trace2: 2,
  trace3: 3,
  trace4: 4,
  finest: 1,
  finer: 2,
  verbose: 3,
  silly: 3,
  debug: 5,
  debug2: 6,
  debug3: 7,
  debug4: 8,
  dbg: 5,
  fine: 5,
  info: 9,
  info2: 10,
  info3: 11,
  info4: 12,
  information: 9,
  informational: 9,
  inf: 9,
  config: 9,
  http: 9,
  log: 9,
  success: 9,
  notice: 10,
  warn: 13,
  warn2: 14,
  warn3: 15,
  warn4: 16,
  warning: 13,
  wrn: 13,
  error: 17,
  error2: 18,
  error3: 19,
  error4: 20,
  err: 17,
  severe: 17,
  failure: 17,
  critical: 21,
  crit: 21,
  fatal: 21,
  fatal2: 22,
  fatal3: 23,
  fatal4: 24,
  alert: 22,
  emerg: 23,
  emergency: 23,
  panic: 23,
};

/**
 * Reads the word a logger printed (`WARNING`, `crit`, `Information`) as a severity number, 0 when it is none.
 * Python prints WARNING and CRITICAL, syslog err/crit/alert/emerg, Java SEVERE/FINE, .NET Information.
 */
export function severityNumberOfText(text: string): number {
  const word = Object.hasOwn(NUMBER_OF_TEXT, text) ? text : text.trim().toLowerCase();
  return Object.hasOwn(NUMBER_OF_TEXT, word) ? NUMBER_OF_TEXT[word] : 0;
}

/**
 * Reads a numeric level, 0 when it is none. Pino prints 10..60 in steps of ten
 * (https://github.com/pinojs/pino/blob/main/docs/api.md#loggerlevels-object), Bunyan the same, Python's logging 10..50.
 * 1..24 is OpenTelemetry's own scale, so the 10 and 20 shared by both are read as Pino's only by `level` fields:
 * callers decide which scale a field speaks.
 */
export function severityNumberOfLevel(level: number): number {
  if (level >= 60) return 21;
  if (level >= 50) return 17;
  if (level >= 40) return 13;
  if (level >= 30) return 9;
  if (level >= 20) return 5;
  if (level >= 10) return 1;
  return 0;
}
