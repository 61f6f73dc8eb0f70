import type { ControlDb } from '../control/control-db.ts';
import { type IngestQuota, NO_QUOTA } from '../control/orgs.ts';
import { addUsage, dayOf, type Usage, usageOfDay } from '../control/usage.ts';
import { RetryableError } from '../runtime/errors.ts';

/** How much may come at once, in seconds of the rate. */
const BURST_S = 5;
const SAVE_INTERVAL_MS = 5000;
const DAY_MS = 86_400_000;
/** A client that obeys would not notice before midnight that its quota was raised. */
const RETRY_MS_MAX = 15 * 60_000;

/** What is left of a rate. A request is let through while something is left, and may overdraw: the next ones wait. */
interface Bucket {
  left: number;
  atMs: number;
}

export interface QuotasOptions {
  /** Of orgs, each number that they have not of their own. */
  defaults?: IngestQuota;
  nowMs?: () => number;
}

/**
 * Rates and daily quotas of orgs. What was sent today is kept in the control database every SAVE_INTERVAL_MS and when
 * the server stops; a kill forgets what came since. Servers that share the database hold their own rates, and learn of
 * each other's daily use when they save.
 */
export class Quotas {
  private readonly db: ControlDb;
  private readonly nowMs: () => number;
  private readonly defaults: IngestQuota;
  private readonly buckets = new Map<string, Bucket>();
  private day: string;
  private dayStartMs: number;
  private saved = new Map<string, Usage>();
  private unsaved = new Map<string, Usage>();
  private readonly timer: NodeJS.Timeout;
  private saving: Promise<void> = Promise.resolve();
  private readonly onFault: (error: unknown) => void;

  private constructor(db: ControlDb, onFault: (error: unknown) => void, options: QuotasOptions) {
    const { nowMs = Date.now, defaults = NO_QUOTA } = options;
    this.db = db;
    this.nowMs = nowMs;
    this.defaults = defaults;
    this.onFault = onFault;
    this.day = dayOf(nowMs());
    this.dayStartMs = Date.parse(this.day);
    this.timer = setInterval(() => void this.save(), SAVE_INTERVAL_MS).unref();
  }

  /** `onFault` is told when the use could not be saved; ingest goes on. */
  static async open(db: ControlDb, onFault: (error: unknown) => void, options: QuotasOptions = {}): Promise<Quotas> {
    const quotas = new Quotas(db, onFault, options);
    quotas.saved = await usageOfDay(db, quotas.day);
    return quotas;
  }

  /** What an org may send that has these numbers of its own. */
  of(own: IngestQuota): IngestQuota {
    const { defaults } = this;
    return {
      bytesPerSecond: own.bytesPerSecond ?? defaults.bytesPerSecond,
      eventsPerSecond: own.eventsPerSecond ?? defaults.eventsPerSecond,
      bytesPerDay: own.bytesPerDay ?? defaults.bytesPerDay,
      eventsPerDay: own.eventsPerDay ?? defaults.eventsPerDay,
    };
  }

  /** What the org sent today. */
  usage(orgId: string): Usage & { day: string } {
    this.turnDay();
    const a = this.saved.get(orgId) ?? NOTHING;
    const b = this.unsaved.get(orgId) ?? NOTHING;
    return { day: this.day, bytes: a.bytes + b.bytes, events: a.events + b.events };
  }

  /** @throws RetryableError `rate_limited` when the org has sent too much, lately or today. */
  check(orgId: string, quota: IngestQuota): void {
    this.checkRate(orgId, 'bytes', quota.bytesPerSecond);
    this.checkRate(orgId, 'events', quota.eventsPerSecond);
    if (quota.bytesPerDay === null && quota.eventsPerDay === null) return;
    const used = this.usage(orgId);
    this.checkDay('bytes', used.bytes, quota.bytesPerDay);
    this.checkDay('events', used.events, quota.eventsPerDay);
  }

  /** Counts what came; negative numbers take back what was not taken after all. */
  charge(orgId: string, quota: IngestQuota, { bytes, events }: Usage): void {
    this.turnDay();
    const sum = this.unsaved.get(orgId) ?? NOTHING;
    this.unsaved.set(orgId, { bytes: sum.bytes + bytes, events: sum.events + events });
    if (quota.bytesPerSecond !== null) this.bucket(orgId, 'bytes', quota.bytesPerSecond).left -= bytes;
    if (quota.eventsPerSecond !== null) this.bucket(orgId, 'events', quota.eventsPerSecond).left -= events;
  }

  /** Saves what is not saved yet. Safe to call twice. */
  async close(): Promise<void> {
    clearInterval(this.timer);
    await this.save();
  }

  private checkRate(orgId: string, unit: 'bytes' | 'events', perSecond: number | null): void {
    if (perSecond === null) return;
    const { left } = this.bucket(orgId, unit, perSecond);
    if (left > 0) return;
    const waitMs = Math.ceil((-left / perSecond) * 1000) + 1;
    throw new RetryableError(
      'rate_limited',
      `this org may send ${perSecond} ${unit} a second (ingest_quota.${unit}_per_second)`,
      waitMs,
    );
  }

  private checkDay(unit: 'bytes' | 'events', used: number, perDay: number | null): void {
    if (perDay === null || used < perDay) return;
    const waitMs = Math.min(this.dayStartMs + DAY_MS - this.nowMs(), RETRY_MS_MAX);
    const reason = `this org may send ${perDay} ${unit} a day (ingest_quota.${unit}_per_day), and has: UTC midnight begins the next`;
    throw new RetryableError('rate_limited', reason, Math.max(1000, waitMs));
  }

  private bucket(orgId: string, unit: string, perSecond: number): Bucket {
    const nowMs = this.nowMs();
    const full = perSecond * BURST_S;
    const name = `${orgId}\t${unit}`;
    let bucket = this.buckets.get(name);
    if (bucket === undefined) {
      bucket = { left: full, atMs: nowMs };
      this.buckets.set(name, bucket);
    }
    const passedS = Math.max(0, nowMs - bucket.atMs) / 1000;
    bucket.left = Math.min(full, bucket.left + passedS * perSecond);
    bucket.atMs = nowMs;
    return bucket;
  }

  private turnDay(): void {
    const nowMs = this.nowMs();
    if (nowMs >= this.dayStartMs && nowMs < this.dayStartMs + DAY_MS) return;
    const day = dayOf(nowMs);
    this.dayStartMs = Date.parse(day);
    // Of the last seconds of the old day some may go unsaved: that day is over.
    this.day = day;
    this.saved = new Map();
    this.unsaved = new Map();
  }

  private save(): Promise<void> {
    this.saving = this.saving.then(() => this.saveNow()).catch(this.onFault);
    return this.saving;
  }

  private async saveNow(): Promise<void> {
    this.turnDay();
    const { day } = this;
    const unsaved = new Map([...this.unsaved].filter(([, { bytes, events }]) => bytes !== 0 || events !== 0));
    if (unsaved.size === 0) return;
    await addUsage(this.db, day, unsaved);
    const saved = await usageOfDay(this.db, day);
    if (day !== this.day) return;
    this.saved = saved;
    for (const [orgId, { bytes, events }] of unsaved) {
      // What came while it was being saved stays.
      const now = this.unsaved.get(orgId)!;
      this.unsaved.set(orgId, { bytes: now.bytes - bytes, events: now.events - events });
    }
  }
}

/** Section `ingestQuota` of the configuration. */
interface DefaultNumbers {
  defaultBytesPerSecond?: number | undefined;
  defaultEventsPerSecond?: number | undefined;
  defaultBytesPerDay?: number | undefined;
  defaultEventsPerDay?: number | undefined;
}

/** The quota of orgs that have none of their own. */
export function defaultQuota(numbers: DefaultNumbers): IngestQuota {
  return {
    bytesPerSecond: numbers.defaultBytesPerSecond ?? null,
    eventsPerSecond: numbers.defaultEventsPerSecond ?? null,
    bytesPerDay: numbers.defaultBytesPerDay ?? null,
    eventsPerDay: numbers.defaultEventsPerDay ?? null,
  };
}

const NOTHING: Usage = { bytes: 0, events: 0 };
