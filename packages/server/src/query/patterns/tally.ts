import { type Severity, severityName } from '@tailwater/schema';

/** A row of the events that are looked through. 64-bit integers are text. */
export interface MessageRow {
  /** The message, or its beginning. */
  text: string;
  ts_ns: string;
  severity_number: number;
  service: string;
  log_type: string;
  frame: string;
  frame_index: number;
}

/** Different services of a pattern that are kept; answers show ten. */
const NAMES_MAX = 100;

/** What is counted of the messages of a pattern. */
export interface Tally {
  events: number;
  bySeverity: Map<Severity, number>;
  services: Map<string, number>;
  logTypes: Map<string, number>;
  firstNs: bigint;
  /** The newest one. */
  last: MessageRow;
  lastNs: bigint;
  trend: number[];
}

/** Counts a row, as the first of a new tally if there is none yet. */
export function count(tally: Tally | undefined, row: MessageRow, bucket: number, buckets: number): Tally {
  const timeNs = BigInt(row.ts_ns);
  const one = tally ?? {
    events: 0,
    bySeverity: new Map(),
    services: new Map(),
    logTypes: new Map(),
    firstNs: timeNs,
    last: row,
    lastNs: timeNs,
    trend: new Array<number>(buckets).fill(0),
  };
  one.events++;
  add(one.bySeverity, severityName(row.severity_number), 1);
  addName(one.services, row.service, 1);
  addName(one.logTypes, row.log_type, 1);
  one.trend[bucket]!++;
  if (timeNs < one.firstNs) one.firstNs = timeNs;
  if (timeNs >= one.lastNs) {
    one.last = row;
    one.lastNs = timeNs;
  }
  return one;
}

/** One tally for all; there is at least one. */
export function sumTallies([first, ...others]: readonly Tally[]): Tally {
  const sum = first!;
  for (const other of others) {
    sum.events += other.events;
    for (const [severity, events] of other.bySeverity) add(sum.bySeverity, severity, events);
    for (const [name, events] of other.services) addName(sum.services, name, events);
    for (const [name, events] of other.logTypes) addName(sum.logTypes, name, events);
    for (const [i, events] of other.trend.entries()) sum.trend[i]! += events;
    if (other.firstNs < sum.firstNs) sum.firstNs = other.firstNs;
    if (other.lastNs > sum.lastNs) {
      sum.last = other.last;
      sum.lastNs = other.lastNs;
    }
  }
  return sum;
}

function add<Key>(counts: Map<Key, number>, key: Key, events: number): void {
  counts.set(key, (counts.get(key) ?? 0) + events);
}

function addName(counts: Map<string, number>, name: string, events: number): void {
  if (name !== '' && (counts.has(name) || counts.size < NAMES_MAX)) add(counts, name, events);
}
