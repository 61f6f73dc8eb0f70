/** From the least to the most severe. */
export type Severity = 'debug' | 'info' | 'warn' | 'error' | 'critical';

/** Anything that can be written as JSON; what cannot is written as text, and nothing in it makes `emit` throw. */
export type Metadata = Record<string, unknown>;

/** What a program says of one event. Everything may be left out. */
export interface EmitEvent {
  /** gateway, auth, agent, kb, admin, deployment, billing, compliance, or any other word. Default: the logger's name. */
  logType?: string;
  /** `login_failed` */
  eventType?: string;
  /** Default `info`. */
  severity?: Severity;
  /** At most 64 KiB: the rest is cut and counted. */
  message?: string;
  userId?: string;
  resourceId?: string;
  resourceType?: string;
  action?: string;
  traceId?: string;
  spanId?: string;
  requestId?: string;
  /** Milliseconds. */
  durationMs?: number;
  cost?: number;
  metadata?: Metadata;
  /** Name of the logger whose level counts. Default: the logger that emits it, otherwise the log type. */
  logger?: string;
  /** Milliseconds since the epoch. Default: now. */
  timestamp?: number | Date;
}

/** What all events of a request, a job or a part of the program have in common. What an event says itself wins. */
export interface Context {
  requestId?: string;
  userId?: string;
  /** For people who read the events: the API key decides about the org they go to. */
  orgId?: string;
  traceId?: string;
  spanId?: string;
  resourceId?: string;
  resourceType?: string;
  metadata?: Metadata;
}

/** Writes a message of one severity. An Error in place of the message gives its message, name and stack. */
export type Write = (message: string | Error, metadata?: Metadata) => void;

export interface Logger {
  debug: Write;
  info: Write;
  warn: Write;
  error: Write;
  critical: Write;
  /** As Tailwater.emit, with this logger's name and context. */
  emit(event: EmitEvent): void;
  /** A logger of the same name that adds to the context. */
  child(context: Context): Logger;
  /** Whether an event of the severity would be emitted now: for metadata that is expensive to make. */
  isEnabled(severity: Severity): boolean;
}

export interface SpoolOptions {
  /** Directory; made when it is missing. Several processes may share it. */
  dir: string;
  /** Most bytes that wait there, over all processes' dead and this one's living segments. Default 512 MiB. */
  bytesMax?: number;
  /** How long an event waits in memory, at most, before it is written and fsynced. Default 1,000 ms. */
  syncEachMs?: number;
}

export interface SampleOptions {
  /** Share of the events that are kept, from 0 to 1. Default 1. */
  bySeverity?: Partial<Record<Severity, number>>;
  /**
   * Share of the traces whose events are kept, decided by the trace id: every program keeps the same ones. Events of
   * severity error and above, and those without a trace, are kept.
   */
  byTrace?: number;
}

/** Where an option is left out, the environment variable counts, then the default. */
export interface TailwaterOptions {
  /** The server. `TAILWATER_URL`, `OTEL_EXPORTER_OTLP_ENDPOINT`. Without one, events go to stdout alone. */
  url?: string;
  /** A key with the scope `ingest`. `TAILWATER_API_KEY`. */
  apiKey?: string;
  /** `OTEL_SERVICE_NAME` */
  service?: string;
  /** Default: the machine's name. */
  host?: string;
  /** Of this instance, for people: `api-7`. Default: the host. */
  name?: string;
  /** `development` has debug level and pretty output on a terminal, others info and JSON. `NODE_ENV`. */
  environment?: string;
  /** `LOG_LEVEL` */
  level?: Severity;
  /** Of loggers: an exact name wins over its dotted prefix, that over `*`. `LOG_LEVELS=agent=debug,auth=info`. */
  levels?: Readonly<Record<string, Severity>>;
  /** `LOG_FORMAT` (json, pretty). */
  stdout?: 'json' | 'pretty' | 'off';
  /** Events that are kept in memory; beyond it the oldest is dropped and counted. Default 10,000. */
  ringEvents?: number;
  /** So many events are sent at once without waiting for flushIntervalMs. Default 100. */
  batchEvents?: number;
  /** How long an event waits for others, at most. Default 2,000 ms. */
  flushIntervalMs?: number;
  /** Keeps events on disk until the server has them. Default false. */
  spool?: SpoolOptions | false;
  /** Secrets and personal data are replaced before anything leaves the program; `off` names rules. Default true. */
  redact?: boolean | { off: readonly string[] };
  /** Sees every event before it is written and may change it; null drops it. An event it throws at is dropped. */
  beforeEmit?: (event: EmitEvent) => EmitEvent | null;
  sample?: SampleOptions;
  /** Flush on exit, SIGTERM, SIGINT and uncaught errors. Default true. */
  handleExit?: boolean;
  /** Told of trouble with the server or the disk, once for each kind. Default: one line on stderr. */
  onTrouble?: (message: string) => void;
}

/** Counts since the start. */
export interface TailwaterStats {
  /** Id of this run: `GET /api/producers` lists it. */
  producerId: string;
  /** Events that were numbered. */
  emitted: number;
  /** Events that the server has taken, also those of earlier runs that were in the spool. */
  delivered: number;
  /** Events that the server could not read: told once by onTrouble. */
  rejected: number;
  /** Numbered events that are in memory alone. */
  waiting: number;
  /** Numbered events on disk that the server does not have. */
  spooled: number;
  /** Numbered events that will never arrive, by reason: ring_overflow, spool_full, refused. */
  lost: Readonly<Record<string, number>>;
  /** Events that were not numbered: sampled, dropped by beforeEmit, failed (beforeEmit threw). */
  sampled: number;
  dropped: number;
  failed: number;
  /** Events of which something was cut: message over 64 KiB, event over 256 KiB. */
  truncated: number;
  /** Secrets replaced. */
  redacted: number;
  /** Lines that stdout was too slow for. */
  stdoutLost: number;
  /** Places where a segment of the spool was torn or changed. */
  spoolDamaged: number;
  /** Requests that failed and were, or will be, made again. */
  retries: number;
  /** The last trouble with the server or the disk; empty when the last request succeeded. */
  trouble: string;
}

export interface Tailwater {
  /** Fire and forget: never throws, never waits. */
  emit(event: EmitEvent): void;
  /** A logger whose events have the category as log type and logger name. */
  logger(category: string, context?: Context): Logger;
  /** Runs with the context added to the one around it, through everything asynchronous that starts inside. */
  withContext<T>(context: Context, run: () => T): T;
  /** Where we are: what withContext set, with the trace and span of the active OpenTelemetry span. */
  context(): Context | undefined;
  /** Whether the server (with a spool: the disk) has all that was emitted before, within `timeoutMs` (default 10,000). */
  flush(timeoutMs?: number): Promise<boolean>;
  /** Flushes and ends; what is emitted later is dropped. Default 10,000 ms. */
  close(timeoutMs?: number): Promise<void>;
  stats(): TailwaterStats;
  /** From which severity on a logger (`*`: all) emits, for so long, or for good. */
  setLevel(logger: string, level: Severity, forMs?: number): void;
  isEnabled(severity: Severity, logger?: string): boolean;
}
