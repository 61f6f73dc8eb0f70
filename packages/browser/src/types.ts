/** From the least to the most severe. */
export type Severity = 'debug' | 'info' | 'warn' | 'error' | 'critical';

/** Anything that can be written as JSON; what cannot is left out. */
export type Metadata = Record<string, unknown>;

/** What a page says of one event: the same as in the Node SDK. Everything may be left out. */
export interface EmitEvent {
  /** gateway, auth, agent, kb, admin, deployment, billing, compliance, or any other word. Default: the logger's name. */
  logType?: string;
  /** `login_failed` */
  eventType?: string;
  /** Default `info`. */
  severity?: Severity;
  /** At most 8,192 characters: the rest is cut. */
  message?: string;
  /** Default: what setUser was given. */
  userId?: string;
  resourceId?: string;
  resourceType?: string;
  action?: string;
  /** Default: the page's, with the option `trace`. */
  traceId?: string;
  spanId?: string;
  requestId?: string;
  /** Milliseconds. */
  durationMs?: number;
  cost?: number;
  metadata?: Metadata;
  /** Name of the part of the page that says it. */
  logger?: string;
  /** Milliseconds since the epoch. Default: now. */
  timestamp?: number | Date;
}

/**
 * `true`: events are sent. `pending`: they are held in memory, nothing is sent and nothing stored. `false`: they are
 * dropped.
 */
export type Consent = boolean | 'pending';

export interface BrowserOptions {
  /** The server, `https://tailwater.example.com`. `/logs` is a path of the page's own origin that leads there. */
  url: string;
  /** A browser key: it is public, and works from pages of its origins alone. */
  key: string;
  service: string;
  /** Left out, it is `pending`. */
  consent: Consent;
  release?: string;
  environment?: string;
  /** Share of the sessions whose events below severity error are sent, from 0 to 1. Default 1. */
  sampleRate?: number;
  /** Whether sampleRate counts for errors as well. Default false. */
  sampleErrors?: boolean;
  /** Uncaught errors and unhandled rejections. Default true. */
  captureErrors?: boolean;
  /** Images, scripts and styles that could not be loaded. Default false. */
  captureResources?: boolean;
  /** Methods of console whose calls become events, `['error']`. Default none. */
  captureConsole?: readonly ('error' | 'warn')[];
  /**
   * Adds `traceparent` to the page's requests to its own origin, and to the origins listed; events then carry the trace
   * id. Default false. Other origins have to allow the header: Access-Control-Allow-Headers.
   */
  trace?: boolean | readonly string[];
  /** Events that wait, at most; beyond it the oldest is dropped and counted. Default 200. They have 256 KB at most. */
  maxQueue?: number;
  /** How long an event waits for others, at most. Default 2,000 ms. */
  flushIntervalMs?: number;
  /** Sees every event and may change it; null drops it. What it emits itself is dropped, and so is what it throws at. */
  beforeEmit?: (event: EmitEvent) => EmitEvent | null;
}

/** Counts since the page was loaded. */
export interface BrowserStats {
  /** Events that the server has answered for, or that the browser took to deliver while the page was going away. */
  sent: number;
  /** Events that wait to be sent, those held for consent included. */
  waiting: number;
  /** Events that will never arrive: the queue was full, or the server could not read them. */
  lost: number;
  /** Why nothing more is sent; empty while things go well. */
  stopped: string;
}

/** No method ever throws. */
export interface BrowserTailwater {
  /** Fire and forget. */
  emit(event: EmitEvent): void;
  /** The user of the events from now on; nothing for none. */
  setUser(userId?: string): void;
  /** `true` sends what was held; `false` removes what waits, in memory and stored, and the session's id. */
  setConsent(isGiven: boolean): void;
  /** A new trace for what follows, such as another view of an app of one page: its id. */
  startTrace(): string;
  /** Whether everything was sent. False once a request fails. */
  flush(): Promise<boolean>;
  /** Sends what waits as when the page goes away, and takes off every handler and wrapper. */
  close(): void;
  stats(): BrowserStats;
}
