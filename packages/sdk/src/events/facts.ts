import type { Metadata, Severity } from '../types.ts';

/** What any event may say beside what is its own. */
export interface CommonFacts {
  userId?: string;
  resourceId?: string;
  resourceType?: string;
  action?: string;
  requestId?: string;
  traceId?: string;
  spanId?: string;
  /** Milliseconds. */
  durationMs?: number;
  cost?: number;
  /** Default: one that is made of the facts. */
  message?: string;
  /** Milliseconds since the epoch. Default: now. */
  timestamp?: number | Date;
  /** Metadata of your own. */
  metadata?: Metadata;
}

/** Who asks: of events that are looked at when something is wrong with an account. */
export interface ClientFacts {
  /** The client's address, not that of a proxy in between. */
  ip: string;
  /** The header `User-Agent`. */
  userAgent?: string;
}

/** How facts of one kind become an event. */
export interface EventShape<Facts> {
  logType: string;
  eventType: string;
  severity: Severity | ((facts: Facts) => Severity);
  message: (facts: Facts) => string;
}

/** Keeps the type of the facts with the shape. */
export const shape = <Facts>(of: EventShape<Facts>): EventShape<Facts> => of;
