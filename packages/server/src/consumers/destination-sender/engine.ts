import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeFrame } from '../../batch/frame.ts';
import type { DeadLetterStore } from '../../dead-letters/store.ts';
import type { DestinationType } from '../../destinations/destination.ts';
import { type DiskCursor, openCursor } from '../../journal/cursor.ts';
import type { DiskJournalReader } from '../../journal/disk/reader.ts';
import type { JournalPosition } from '../../journal/journal.ts';
import type { Egress } from '../../runtime/egress/egress.ts';
import { PermanentError } from '../../runtime/errors.ts';
import type { EventStore } from '../../stores/store.ts';
import { Feed } from './feed.ts';
import { Gate } from './gate.ts';
import { Lane, type LaneState } from './lane.ts';
import { Budget, type Place } from './queue.ts';
import { newReplay, Replay, type ReplayState } from './replay.ts';
import type { IntegrationStatus, Redelivered, ReplayRange, RunnableIntegration } from './sender.ts';
import { LaneStats } from './stats.ts';
import { readLetterBody } from './undelivered.ts';
import type { LaneReport, SenderLimits } from './wire.ts';

export interface EngineOptions {
  reader: DiskJournalReader;
  cursorDir: string;
  node: number;
  limits: SenderLimits;
  types: ReadonlyMap<string, DestinationType>;
  egress: Egress;
  undelivered: Pick<DeadLetterStore, 'keep'>;
  onDisabled(id: string, reason: string): void;
  onFault(error: unknown, id: string | null): void;
}

/** An integration of the set, whatever became of its lane. */
interface Slot {
  integration: RunnableIntegration;
  /** To see whether something has changed. */
  settings: string;
  stats: LaneStats;
  gate: Gate;
  /** Null until it was read: meanwhile the whole journal is kept. */
  cursor: DiskCursor<LaneState> | null;
  lane: Lane | null;
  replay: Replay | null;
  disabled: string | null;
  /** Why there is no lane: the settings cannot be used. */
  unusable: string | null;
  /** Openings and closings, one after another. */
  changing: Promise<void>;
}

const nothingWaits = { lagEvents: 0, lagBytes: 0, lagSeconds: 0, nextAttemptAtMs: null, circuit: 'closed' as const };

/** All integrations of the thread. */
export class Engine {
  private readonly options: EngineOptions;
  private readonly slots = new Map<string, Slot>();
  /** Of those that left the set, so that those who come back come after. */
  private readonly leaving = new Map<string, Promise<void>>();
  private readonly feed: Feed;
  private readonly budget: Budget;
  private store: EventStore | null = null;
  /** The last configuration that is in force. */
  revision = 0;
  private isClosed = false;

  constructor(options: EngineOptions) {
    const { reader, node, limits, onFault } = options;
    this.options = options;
    this.feed = new Feed({ reader, node, onFault });
    this.budget = new Budget(limits.bytesMax);
  }

  async configure(revision: number, integrations: readonly RunnableIntegration[]): Promise<void> {
    const ids = new Set(integrations.map(({ id }) => id));
    for (const [id, slot] of this.slots) {
      if (ids.has(id)) continue;
      this.slots.delete(id);
      const left = slot.changing.then(() => this.closeLane(slot, this.options.limits.closeMsMax));
      this.leaving.set(id, left);
      void left.finally(() => this.leaving.get(id) === left && this.leaving.delete(id));
    }
    for (const integration of integrations) this.put(integration);
    await Promise.all([...[...this.slots.values()].map(({ changing }) => changing), ...this.leaving.values()]);
    this.revision = Math.max(this.revision, revision);
  }

  private put(integration: RunnableIntegration): void {
    const { id } = integration;
    const { from: _, ...rest } = integration;
    const settings = JSON.stringify(rest);
    const before = this.slots.get(id);
    if (before?.settings === settings) return;
    const slot = before ?? this.newSlot(integration, settings);
    this.slots.set(id, slot);
    slot.integration = integration;
    slot.settings = settings;
    slot.changing = slot.changing.then(() =>
      this.closeLane(slot, this.options.limits.closeMsMax).then(() => {
        slot.gate = new Gate(this.options.limits);
        slot.disabled = null;
        return this.openLane(slot);
      }),
    );
  }

  private newSlot(integration: RunnableIntegration, settings: string): Slot {
    return {
      integration,
      settings,
      stats: new LaneStats(),
      gate: new Gate(this.options.limits),
      cursor: null,
      lane: null,
      replay: null,
      disabled: null,
      unusable: null,
      changing: this.leaving.get(integration.id) ?? Promise.resolve(),
    };
  }

  /** Never rejects: what is wrong with one integration is shown as its status. */
  private async openLane(slot: Slot): Promise<void> {
    if (this.isClosed) return;
    const { id } = slot.integration;
    try {
      slot.unusable = null;
      slot.cursor = await this.openCursor(slot.integration);
      const lane = this.makeLane(slot, slot.cursor);
      slot.lane = lane;
      this.feed.add(lane);
      slot.replay ??= await this.openReplay(id);
      slot.replay?.start(lane);
    } catch (error) {
      slot.unusable = error instanceof PermanentError ? error.message : 'a fault of the server, see its log';
      if (!(error instanceof PermanentError)) this.options.onFault(error, id);
    }
  }

  private async openCursor({ id, from }: RunnableIntegration): Promise<DiskCursor<LaneState>> {
    const cursor = await openCursor<LaneState>(this.options.cursorDir, cursorName(id));
    // From now on the journal is kept for it, also over a restart.
    if (cursor.load() === null) await cursor.commit(from, { index: 0 });
    return cursor;
  }

  private makeLane(slot: Slot, cursor: DiskCursor<LaneState>): Lane {
    const { integration, gate, stats } = slot;
    const { types, egress, limits, undelivered, reader, node } = this.options;
    if (integration.unavailable !== undefined) throw new PermanentError('conflict', integration.unavailable);
    const type = types.get(integration.type);
    if (type === undefined) throw new PermanentError('invalid_field', `there is no type ${integration.type}`, 'type');
    const config = type.config.safeParse(integration.config);
    if (!config.success) {
      const [issue] = config.error.issues;
      const where = issue?.path.join('.') ?? '';
      throw new PermanentError('invalid_field', `the settings cannot be used: ${where} ${issue?.message ?? ''}`, where);
    }
    const settings = { config: config.data, secrets: integration.secrets };
    const destination = type.open(settings, { egress });
    const onFault = (error: unknown) => this.options.onFault(error, integration.id);
    const onGone = (reason: string) => this.disable(slot, reason);
    const parts = { integration, type, config: config.data, destination, cursor, gate, stats };
    return new Lane({ ...parts, budget: this.budget, limits, undelivered, reader, node, onFault, onGone });
  }

  private async openReplay(id: string): Promise<Replay | null> {
    const cursor = await openCursor<ReplayState>(this.options.cursorDir, replayName(id));
    const saved = cursor.load();
    return saved === null ? null : this.makeReplay(id, cursor, saved.state);
  }

  private makeReplay(id: string, cursor: DiskCursor<ReplayState>, state: ReplayState): Replay {
    const onFault = (error: unknown) => this.options.onFault(error, id);
    return new Replay({ cursor, store: () => this.store, onFault }, state);
  }

  private async closeLane(slot: Slot, graceMs: number): Promise<void> {
    const { lane, replay } = slot;
    if (lane === null) return;
    this.feed.remove(lane);
    await lane.close(graceMs);
    await replay?.stop();
    slot.lane = null;
  }

  private disable(slot: Slot, reason: string): void {
    if (slot.disabled !== null) return;
    slot.disabled = reason;
    slot.changing = slot.changing.then(() => this.closeLane(slot, 0));
    this.options.onDisabled(slot.integration.id, reason);
  }

  /** Removes what is on the disk of an integration that is not in the set. */
  async forget(id: string): Promise<void> {
    await this.leaving.get(id);
    if (this.slots.has(id)) throw new PermanentError('conflict', 'the integration is still in the set');
    for (const name of [cursorName(id), replayName(id)]) {
      for (const suffix of ['0', '1', 'tmp'])
        await rm(join(this.options.cursorDir, `${name}.${suffix}`), { force: true });
    }
  }

  connect(store: EventStore): void {
    this.store = store;
  }

  async replay(id: string, range: ReplayRange): Promise<void> {
    const slot = this.slotOf(id);
    slot.changing = slot.changing
      .then(async () => {
        await slot.replay?.stop();
        const cursor = await openCursor<ReplayState>(this.options.cursorDir, replayName(id));
        const state = newReplay(range);
        await cursor.commit((cursor.load()?.position ?? 0) + 1, state);
        slot.replay = this.makeReplay(id, cursor, state);
        if (slot.lane !== null) slot.replay.start(slot.lane);
      })
      .catch((error: unknown) => this.options.onFault(error, id));
    await slot.changing;
  }

  async cancelReplay(id: string): Promise<void> {
    await this.slots.get(id)?.replay?.cancel();
  }

  async redeliver(id: string, letterBody: Uint8Array): Promise<Redelivered> {
    const { lane } = this.slotOf(id);
    if (lane === null) throw notRunning();
    return lane.redeliver(readLetterBody(letterBody));
  }

  private slotOf(id: string): Slot {
    const slot = this.slots.get(id);
    if (slot === undefined) throw notRunning();
    return slot;
  }

  async commit(): Promise<void> {
    await Promise.all([...this.slots.values()].map(({ lane }) => lane?.commit()));
  }

  /** Before it no integration needs the journal. */
  floor(): JournalPosition {
    let floor = Number.MAX_SAFE_INTEGER;
    for (const { cursor, disabled } of this.slots.values()) {
      if (disabled === null) floor = Math.min(floor, cursor?.load()?.position ?? 0);
    }
    return floor;
  }

  reports(): LaneReport[] {
    const nowMs = Date.now();
    return [...this.slots].map(([id, slot]) => ({
      id,
      type: slot.integration.type,
      status: statusOf(slot, nowMs),
      deliveries: slot.stats.takeDeliveries(),
      retries: slot.stats.retries,
      replay: slot.replay?.progress() ?? null,
      place: slot.lane?.place ?? placeOf(slot.cursor),
    }));
  }

  /** Makes room in the journal where an integration holds back more of it than it may. */
  async checkJournal(): Promise<void> {
    const segments = this.options.reader.segments();
    for (const slot of this.slots.values()) {
      const { delivery } = slot.integration;
      const position = slot.disabled === null ? slot.cursor?.load()?.position : undefined;
      const to = position === undefined ? null : firstWithin(segments, position, delivery.journalBytesMax);
      if (to === null) continue;
      if (delivery.whenFull === 'disable') {
        this.disable(slot, `it held back more than ${delivery.journalBytesMax} bytes of the journal`);
      } else {
        slot.changing = slot.changing.then(() => this.skip(slot, to));
        await slot.changing;
      }
    }
  }

  /** Lets the lane begin anew at `to`. */
  private async skip(slot: Slot, to: JournalPosition): Promise<void> {
    if (slot.disabled !== null || this.isClosed) return;
    await this.closeLane(slot, 0);
    const { cursor, integration } = slot;
    const saved = cursor?.load() ?? null;
    try {
      if (cursor !== null && saved !== null && saved.position < to) {
        slot.stats.skipped += await this.countRows(integration.orgId, saved.position, saved.state.index, to);
        await cursor.commit(to, { index: 0 });
      }
    } catch (error) {
      this.options.onFault(error, integration.id);
    }
    await this.openLane(slot);
  }

  private async countRows(orgId: string, from: JournalPosition, index: number, to: JournalPosition): Promise<number> {
    let rows = 0;
    const { signal } = new AbortController();
    for await (const { position, payload } of this.options.reader.read(from, { follow: false, signal })) {
      if (position >= to) break;
      const frame = decodeFrame(payload);
      if (frame.orgId !== orgId) continue;
      rows += position === from ? frame.rows - index : frame.rows;
    }
    return rows;
  }

  async close(graceMs: number): Promise<void> {
    this.isClosed = true;
    const lanes = [...this.slots.values()].map((slot) => slot.changing.then(() => this.closeLane(slot, graceMs)));
    await Promise.allSettled([...lanes, ...this.leaving.values()]);
    await this.feed.close();
    await this.store?.close();
  }
}

export const cursorName = (id: string): string => `integration-${id}`;
const replayName = (id: string): string => `replay-${id}`;

function placeOf(cursor: DiskCursor<LaneState> | null): Place | null {
  const saved = cursor?.load() ?? null;
  return saved === null ? null : { position: saved.position, index: saved.state.index };
}

const notRunning = () => new PermanentError('not_found', 'the integration is not enabled');

/** The first position that leaves at most `bytesMax` to read, by whole segments; null when there is no need to skip. */
function firstWithin(
  segments: readonly { first: JournalPosition; bytes: number }[],
  position: JournalPosition,
  bytesMax: number,
): JournalPosition | null {
  const own = segments.findLastIndex(({ first }) => first <= position);
  let bytes = 0;
  for (let i = segments.length - 1; i >= Math.max(0, own); i--) {
    bytes += segments[i].bytes;
    // The newest is there in any case.
    if (bytes > bytesMax && i < segments.length - 1) return segments[i + 1].first;
  }
  return null;
}

function statusOf({ lane, stats, disabled, unusable }: Slot, nowMs: number): IntegrationStatus {
  if (lane !== null && disabled === null) return lane.status(nowMs);
  const { delivered, rejected, skipped, lastDeliveryAtMs } = stats;
  const state = disabled !== null ? 'disabled' : unusable !== null ? 'paused' : 'idle';
  const lastError = disabled ?? unusable ?? stats.lastError;
  return { ...nothingWaits, state, delivered, rejected, skipped, lastError, lastDeliveryAtMs };
}
