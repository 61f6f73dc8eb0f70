/**
 * An event as LogQL sees it: stream labels, structured metadata and a line. Which parts of an event become which is
 * said in docs/reference/logql.md, in one rule, and done by query/logql/events/.
 */
export interface LogRow {
  /** The event's time: whole milliseconds since the epoch, and the nanoseconds behind them (0 to 999,999). */
  timeMs: number;
  timeNs: number;
  /** Shared by all rows of the stream: the same object for the same labels within one query. */
  stream: StreamLabels;
  /** Names are LogQL label names and unique; none is that of a stream label. Values may be empty. */
  metadata: readonly (readonly [name: string, value: string])[];
  line: string;
}

export interface StreamLabels {
  /** Never with an empty value. */
  labels: ReadonlyMap<string, string>;
  /** Sorted by name; also the key of the stream. */
  sorted: Labels;
}

/** Labels of a result, sorted by name as bytes sort, names unique. */
export type Labels = readonly (readonly [name: string, value: string])[];
