import { isKnownError, PermanentError, RetryableError } from '../../runtime/errors.ts';
import type { DeliveryBatch, DeliveryResult } from '../destination.ts';
import { API } from './broker.ts';
import type { Cluster } from './cluster.ts';
import type { KafkaConfig } from './config.ts';
import { readEncoded } from './encode.ts';
import { failureOfCode, meaningOf, nameOf } from './errors.ts';
import { partitionOf } from './partition.ts';
import { type KafkaRecord, recordBatch } from './record-batch.ts';
import { array, bytes, int16, int32, Reader, string } from './wire.ts';

/** All replicas in sync have it. */
const ACKS_ALL = -1;
const REPLICAS_TIMEOUT_MS = 20_000;

/** Events of one partition, in the order of the batch. */
interface Share {
  topic: string;
  partition: number;
  /** -1: nobody leads it now. */
  leader: number;
  records: KafkaRecord[];
  indices: number[];
}

type Told = { index: number; reason: string }[];

/** Sends each leader what is for its partitions. */
export async function produce(
  cluster: Cluster,
  batch: DeliveryBatch,
  config: KafkaConfig,
  signal: AbortSignal,
): Promise<DeliveryResult> {
  const rejected: Told = [];
  const again: Told = [];
  const shares = await shareOut(cluster, batch, { config, rejected, signal });
  let bytesSent = 0;
  for (const [leader, led] of Map.groupBy(shares, (share) => share.leader)) {
    try {
      const sent =
        leader < 0 ? { codes: led.map(() => 5), bytes: 0 } : await send(cluster, leader, led, config, signal);
      bytesSent += sent.bytes;
      for (const [i, share] of led.entries()) judge(share, sent.codes[i] ?? -1, { rejected, again });
    } catch (error) {
      signal.throwIfAborted();
      cluster.forget();
      // Others have taken theirs.
      const isOne = led.length === shares.length;
      if (isOne || !isKnownError(error) || error instanceof PermanentError) throw error;
      again.push(...led.flatMap(({ indices }) => indices.map((index) => ({ index, reason: error.message }))));
    }
  }
  if (again.length > 0) cluster.forget();
  if (again.length > 0 && again.length + rejected.length === batch.events.length && rejected.length === 0) {
    throw new RetryableError('destination_unavailable', again[0]!.reason, 0);
  }
  return { rejected, again, bytesSent, status: 'acknowledged by all replicas in sync' };
}

const UNKNOWN_TOPIC = 3;

async function shareOut(
  cluster: Cluster,
  batch: DeliveryBatch,
  { config, rejected, signal }: { config: KafkaConfig; rejected: Told; signal: AbortSignal },
): Promise<Share[]> {
  // A field of one event must not hold up the others; a topic that is being made is there in a moment.
  const isByEvent = config.topic.includes('{') && !config.create_topics;
  const isEventsFault = (code: number) => meaningOf(code) === 'at_fault' || (isByEvent && code === UNKNOWN_TOPIC);
  const shares = new Map<string, Share>();
  const ofBatch = Buffer.from(batch.id);
  for (const [index, event] of batch.events.entries()) {
    const { topic, key, tail } = readEncoded(event);
    const { error, leaders } = await cluster.topic(topic, signal);
    if (error !== 0 && !isEventsFault(error)) throw failureOfCode(error, `topic ${topic}`);
    if (error !== 0) {
      rejected.push({ index, reason: `${nameOf(error)}: topic ${topic}` });
      continue;
    }
    const partition = partitionOf(key ?? ofBatch, Math.max(1, leaders.length));
    const name = `${topic} ${partition}`;
    let share = shares.get(name);
    if (share === undefined) {
      share = { topic, partition, leader: leaders[partition] ?? -1, records: [], indices: [] };
      shares.set(name, share);
    }
    share.records.push({ timestampMs: Number(event.timestampNs / 1_000_000n), key, tail });
    share.indices.push(index);
  }
  return [...shares.values()];
}

/** Error codes by share. Produce v3: https://kafka.apache.org/protocol#The_Messages_Produce */
async function send(
  cluster: Cluster,
  leader: number,
  shares: readonly Share[],
  { compression }: KafkaConfig,
  signal: AbortSignal,
): Promise<{ codes: number[]; bytes: number }> {
  const batches = await Promise.all(shares.map(({ records }) => recordBatch(records, compression)));
  const topics = shares.map(({ topic, partition }, i) =>
    Buffer.concat([string(topic), array([Buffer.concat([int32(partition), bytes(batches[i]!)])])]),
  );
  const body = Buffer.concat([string(null), int16(ACKS_ALL), int32(REPLICAS_TIMEOUT_MS), array(topics)]);
  const reader = new Reader(await cluster.broker(leader).request(API.produce, body, signal));
  const codes = new Map<string, number>();
  reader.array(() => {
    const topic = reader.string();
    reader.array(() => {
      const partition = reader.int32();
      codes.set(`${topic} ${partition}`, reader.int16());
      reader.int64();
      reader.int64();
    });
  });
  return { codes: shares.map(({ topic, partition }) => codes.get(`${topic} ${partition}`) ?? -1), bytes: body.length };
}

/** One code is for all events of a share: of several, nobody knows which one is at fault. */
function judge(
  { topic, partition, indices }: Share,
  code: number,
  { rejected, again }: { rejected: Told; again: Told },
) {
  if (code === 0) return;
  const meaning = meaningOf(code);
  const isAtFault = meaning === 'at_fault' || meaning === 'too_large';
  if (meaning === 'unauthorized' || (isAtFault && indices.length > 1)) throw failureOfCode(code, `topic ${topic}`);
  const reason = `${nameOf(code)}: topic ${topic}, partition ${partition}`;
  (isAtFault ? rejected : again).push(...indices.map((index) => ({ index, reason })));
}
