import { EventBatch } from './batch/event-batch.ts';
import { appendFrame, decodeFrame } from './batch/frame.ts';
import { encodeNative } from './batch/native-encode.ts';
import { SymbolTable } from './batch/symbol-table.ts';
import type { Config } from './config.ts';
import { openUndelivered } from './consumers/destination-sender/undelivered.ts';
import { openFrameLetters } from './consumers/store-writer/set-aside.ts';
import type { Identity } from './control/scopes.ts';
import { DeadLetters } from './dead-letters/dead-letters.ts';
import type { FramePlace, Letter } from './dead-letters/letter.ts';
import type { DeadLetterStore } from './dead-letters/store.ts';
import type { Parts, Paths } from './parts.ts';
import { openDeadLetterStore } from './pipeline/dead-letters.ts';
import { expand } from './pipeline/expand.ts';
import type { OwnLog } from './runtime/own-log.ts';
import type { Runner } from './runtime/runner.ts';
import type { Telemetry } from './runtime/telemetry.ts';
import { DATABASE, EVENTS_TABLE } from './stores/clickhouse/schema.ts';
import { type EventStore, insertToken } from './stores/store.ts';

export interface DeadLetterStores {
  /** Letters of requests. They go after `deadLetters.retentionDays`. */
  requests: DeadLetterStore;
  /** Letters of frames that the event store refused. They stay until someone replays or removes them. */
  frames: DeadLetterStore;
  /** Letters of events that a destination refused for good. They stay likewise. */
  undelivered: DeadLetterStore;
}

interface Surroundings {
  telemetry: Telemetry;
  log: OwnLog;
  runner: Runner;
}

const REJECTIONS_TOLD_MAX = 100;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Opens both kinds, clears what a crash left half written, and lets old letters expire. Before anything is kept. */
export async function openDeadLetterStores(
  config: Config,
  paths: Paths,
  { telemetry, log, runner }: Surroundings,
): Promise<DeadLetterStores> {
  const requests = openDeadLetterStore({ dir: paths.deadLetterDir, ...config.deadLetters });
  const frames = openFrameLetters(paths.setAsideDir, (body, bytesMax) => expand(body, ['zstd'], bytesMax));
  const undelivered = openUndelivered(paths.undeliveredDir, (body, bytesMax) => expand(body, ['zstd'], bytesMax));
  for (const letters of [requests, frames, undelivered]) await letters.removeUnfinished();
  const { retentionDays } = config.deadLetters;
  let sweeping: Promise<void> = Promise.resolve();
  const sweep = () => {
    sweeping = requests.expire(Date.now() - retentionDays * DAY_MS).then(
      (expired) => telemetry.countExpiredLetters(expired),
      (error: unknown) => log.error({ err: error }, 'removing old dead letters failed, trying again in an hour'),
    );
  };
  sweep();
  const timer = setInterval(sweep, HOUR_MS);
  timer.unref();
  runner.defer('dead letters', () => {
    clearInterval(timer);
    return sweeping;
  });
  return { requests, frames, undelivered };
}

/** Dead letters as the API has them. */
export function createDeadLetters({
  admission,
  config,
  deadLetters,
  integrations,
  store,
}: Parts): DeadLetters<Identity> {
  return new DeadLetters({
    ...deadLetters,
    async submit(identity, letter) {
      const { decoder, receiver, body, format, query, params, indexes } = letter;
      const receipt = await admission.submit(await admission.senderOf(identity), {
        decoder,
        receiver,
        body,
        encodings: ['identity'],
        // As of when it first came: events without a time of their own get that one.
        request: { format, query, params, receivedAtMs: letter.atMs },
        only: indexes,
      });
      return { ...receipt, rejectedIndexes: receipt.rejectedIndexes ?? [] };
    },
    insertFrame: ({ orgId, body }, frame) => insertFrame(store.store, config.limits, { orgId, body }, frame),
    redeliver: async ({ receiver, body }) => {
      const { delivered, rejected } = await integrations.sender.redeliver(receiver, body);
      const rejections = rejected.slice(0, REJECTIONS_TOLD_MAX).map(({ index, reason }) => {
        return { index, code: 'destination_rejected' as const, field: '', error: reason };
      });
      const rejectedIndexes = rejected.map(({ index }) => index);
      return { accepted: delivered, rejectedCount: rejected.length, rejections, rejectedIndexes };
    },
  });
}

const COUNT_SQL = `SELECT count() AS n FROM ${DATABASE}.${EVENTS_TABLE} WHERE org = {org:String} AND frame = {frame:UInt64}`;

/**
 * Inserts a frame's events under the ids that they got when they were journaled: their place there. So they are known
 * when they are in the store already, and live tails, which had them long ago, do not get them again.
 */
async function insertFrame(
  store: EventStore,
  limits: Config['limits'],
  { orgId, body }: Pick<Letter, 'orgId'> & { body: Buffer },
  { node, position }: FramePlace,
): Promise<number> {
  const batch = new EventBatch(new SymbolTable(), limits);
  appendFrame(batch, decodeFrame(body), node, position);
  const frame = ((BigInt(node) << 48n) | BigInt(position)).toString();
  const query = { sql: COUNT_SQL, params: { org: orgId, frame } };
  let stored = 0;
  for await (const rows of store.select<{ n: string }>(query, {})) stored = Number(rows[0]?.n ?? stored);
  if (stored === batch.rows) return 0;
  // Of an insert that was cut short the token lets only the missing partitions in.
  const { parts } = encodeNative(batch, { position: true });
  await store.insert(parts, batch.rows, insertToken(node, position, position));
  return batch.rows - stored;
}
