import type { Condition, TimeRange } from '../plan.ts';

/**
 * What the API asks of LogQL. Each task is run in a query worker and answers the body of a response as bytes of JSON.
 * Times are nanoseconds since the epoch.
 */

/** How an org's queries are answered; see docs/reference/logql.md. Kept in the org's settings as `loki`. */
export interface LogqlSettings {
  /** The event's own fields (log_type, event_type, severity, user_id …) are offered as structured metadata. */
  eventFields: boolean;
  /** A stream without the label service_name gets one from the event's service, or `unknown_service`. */
  discoverServiceName: boolean;
  /** Range queries of metrics start and end at multiples of their step, as Loki does when it splits queries. */
  alignMetricQueries: boolean;
  /** Events that one log query may ask for. */
  entriesMax: number;
  /** Series that one metric query may answer. */
  seriesMax: number;
  /** Longest time range of a query in ms, 0: any. */
  queryLengthMaxMs: number;
  queryTimeoutMs: number;
  /** Tails at a time. */
  tailsMax: number;
  volumeSeriesMax: number;
}

interface TaskBase {
  orgId: string;
  settings: LogqlSettings;
}

interface TimeSpan {
  startNs: bigint;
  /** Exclusive for events, inclusive for the steps of a metric query. */
  endNs: bigint;
}

export type Direction = 'forward' | 'backward';

export interface QueryOptions {
  query: string;
  limit: number;
  direction: Direction;
  /** Labels by category, as the response encoding flag `categorize-labels` asks. */
  categorizeLabels: boolean;
  /** More series than allowed are left out with a warning, in place of an error. */
  partialSeries: boolean;
  /** False: everything but org, time and selector is done on rows in this process. */
  pushDown: boolean;
}

export interface RangeQueryTask extends TaskBase, TimeSpan, QueryOptions {
  kind: 'query-range';
  stepMs: number;
  /** Least time between two events of a log query, 0: any. */
  intervalMs: number;
}

export interface InstantQueryTask extends TaskBase, QueryOptions {
  kind: 'query';
  timeNs: bigint;
}

/** `selector` is the text of a selector, empty for all streams. */
export interface LabelsTask extends TaskBase, TimeSpan {
  kind: 'labels';
  selector: string;
}

export interface LabelValuesTask extends TaskBase, TimeSpan {
  kind: 'label-values';
  name: string;
  selector: string;
}

export interface SeriesTask extends TaskBase, TimeSpan {
  kind: 'series';
  /** None: all streams. */
  selectors: readonly string[];
}

export interface IndexStatsTask extends TaskBase, TimeSpan {
  kind: 'index-stats';
  selector: string;
}

export interface VolumeTask extends TaskBase, TimeSpan {
  kind: 'volume';
  selector: string;
  limit: number;
  targetLabels: readonly string[];
  aggregateBy: 'series' | 'labels';
  /** Null: one sum over the whole span (`index/volume`), otherwise `index/volume_range`. */
  stepMs: number | null;
}

export interface DetectedLabelsTask extends TaskBase, TimeSpan {
  kind: 'detected-labels';
  selector: string;
}

export interface DetectedFieldsTask extends TaskBase, TimeSpan {
  kind: 'detected-fields';
  /** Selector or log query. */
  query: string;
  lineLimit: number;
  limit: number;
  /** Null: the fields; otherwise the values of this one. */
  field: string | null;
}

export interface PatternsTask extends TaskBase, TimeSpan {
  kind: 'patterns';
  query: string;
  stepMs: number;
}

/** Messages of events that filters find, grouped by what they have in common. The range has an end. */
export interface EventPatternsTask extends TaskBase {
  kind: 'event-patterns';
  range: TimeRange;
  condition: Condition | null;
  limit: number;
  trendBuckets: number;
}

/** What of a query the store does and what it reads for that. */
export interface ExplainTask extends TaskBase, TimeSpan {
  kind: 'explain';
  query: string;
  stepMs: number;
  instant: boolean;
  limit: number;
  direction: Direction;
}

export type LogqlTask =
  | RangeQueryTask
  | InstantQueryTask
  | LabelsTask
  | LabelValuesTask
  | SeriesTask
  | IndexStatsTask
  | VolumeTask
  | DetectedLabelsTask
  | DetectedFieldsTask
  | PatternsTask
  | EventPatternsTask
  | ExplainTask;

/** Runs tasks. `signal` ends the task and its queries in the store. */
export interface LogqlRunner {
  /**
   * The JSON of the answer.
   * @throws PermanentError `invalid_query` (its message in Loki's words), RetryableError `query_timeout`,
   * `store_unavailable`, `overloaded`.
   */
  run(task: LogqlTask, signal: AbortSignal): Promise<Uint8Array>;
}
