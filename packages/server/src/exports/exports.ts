import { randomUUID } from 'node:crypto';
import type { Condition, TimeRange } from '../query/plan.ts';
import { PermanentError } from '../runtime/errors.ts';

export const EXPORT_FORMATS = ['csv', 'json', 'ndjson'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** `ready`: may be read, once. `failed`: it broke off, `error` says why. */
export const EXPORT_STATES = ['ready', 'running', 'done', 'failed'] as const;
export type ExportState = (typeof EXPORT_STATES)[number];

/** What is exported. The range is fixed: what was relative is so to the export's making. */
export interface ExportPlan {
  orgId: string;
  range: TimeRange;
  condition: Condition | null;
  order: 'asc' | 'desc';
  format: ExportFormat;
  /** Of CSV. */
  columns: readonly string[];
}

export interface ExportJob {
  readonly id: string;
  readonly plan: ExportPlan;
  readonly createdAtMs: number;
  state: ExportState;
  /** Events that matched when it was made. */
  readonly eventsTotal: number;
  eventsWritten: number;
  bytesWritten: number;
  error: string | null;
  readonly cancelled: AbortController;
}

/** How long an export that nobody reads is kept. */
export const EXPORT_KEPT_MS = 3_600_000;
export const EXPORTS_PER_ORG_MAX = 20;

/** Exports that were asked for, and how far they are. In memory: what is exported is read while it is downloaded. */
export class Exports {
  readonly #jobs = new Map<string, ExportJob>();
  readonly #nowMs: () => number;
  #isClosed = false;

  constructor({ nowMs = Date.now }: { nowMs?: () => number } = {}) {
    this.#nowMs = nowMs;
  }

  /** @throws PermanentError `rate_limited` when EXPORTS_PER_ORG_MAX of the org are being downloaded. */
  create(plan: ExportPlan, eventsTotal: number): ExportJob {
    this.#forgetOld();
    const own = [...this.#jobs.values()].filter((job) => job.plan.orgId === plan.orgId);
    if (own.length >= EXPORTS_PER_ORG_MAX) this.#makeRoom(own);
    const job: ExportJob = {
      id: randomUUID(),
      plan,
      createdAtMs: this.#nowMs(),
      state: 'ready',
      ...{ eventsTotal, eventsWritten: 0, bytesWritten: 0, error: null },
      cancelled: new AbortController(),
    };
    this.#jobs.set(job.id, job);
    return job;
  }

  /** @throws PermanentError `not_found`, also for one of another org. */
  get(orgId: string, id: string): ExportJob {
    this.#forgetOld();
    const job = this.#jobs.get(id);
    if (job === undefined || job.plan.orgId !== orgId) throw new PermanentError('not_found', 'there is no such export');
    return job;
  }

  /** The export, to be read now. @throws PermanentError `not_found`; `conflict` when it was read before. */
  begin(orgId: string, id: string): ExportJob {
    const job = this.get(orgId, id);
    if (job.state !== 'ready') throw new PermanentError('conflict', 'an export can be downloaded once: make another');
    if (this.#isClosed) throw new PermanentError('conflict', 'the server is stopping');
    job.state = 'running';
    return job;
  }

  /** Forgets it and ends its download. @throws PermanentError `not_found` */
  cancel(orgId: string, id: string): void {
    const job = this.get(orgId, id);
    this.#jobs.delete(id);
    job.cancelled.abort();
  }

  /** Ends all downloads. Safe to call twice. */
  close(): void {
    this.#isClosed = true;
    for (const { cancelled } of this.#jobs.values()) cancelled.abort();
  }

  /** The oldest that is at its end goes, otherwise the oldest that nobody has read yet. */
  #makeRoom(own: readonly ExportJob[]): void {
    const ended = own.find(({ state }) => state === 'done' || state === 'failed');
    const oldest = ended ?? own.find(({ state }) => state === 'ready');
    if (oldest === undefined) {
      throw new PermanentError('rate_limited', `${EXPORTS_PER_ORG_MAX} exports are being downloaded: cancel some`);
    }
    this.#jobs.delete(oldest.id);
  }

  #forgetOld(): void {
    const beforeMs = this.#nowMs() - EXPORT_KEPT_MS;
    for (const { id, state, createdAtMs } of this.#jobs.values()) {
      if (createdAtMs <= beforeMs && state !== 'running') this.#jobs.delete(id);
    }
  }
}
