import type { Egress } from '../../runtime/egress/egress.ts';
import { isKnownError, PermanentError, type RetryableError } from '../../runtime/errors.ts';
import type { Settings } from '../destination.ts';
import type { Strip } from '../util/answers.ts';
import { parseHostPort, tlsOf } from '../util/tcp.ts';
import { API, type Broker, createBroker } from './broker.ts';
import type { KafkaConfig } from './config.ts';
import { array, int8, Reader, string } from './wire.ts';

const PORT_DEFAULT = 9092;
/** Leaders move; a broker that is none any more says so, which is sooner. */
const METADATA_AGE_MS_MAX = 5 * 60_000;
const TOPICS_MAX = 1000;

export interface Topic {
  /** 0: none. */
  error: number;
  /** Leader by partition; -1: none now. */
  leaders: readonly number[];
}

/** The brokers of a cluster, found from those in the settings. All are reached through `egress`, whatever they call themselves. */
export interface Cluster {
  topic(name: string, signal: AbortSignal): Promise<Topic>;
  broker(id: number): Broker;
  /** After a broker has said that it is not the leader, or was gone. */
  forget(): void;
  /** How many brokers there are. */
  size(): number;
  close(): void;
}

export function createCluster({ config, secrets }: Settings<KafkaConfig>, egress: Egress, strip: Strip): Cluster {
  const tls = tlsOf(config, secrets);
  const brokers = new Map<string, Broker>();
  let addresses = new Map<number, string>();
  let topics = new Map<string, { topic: Topic; knownAtMs: number }>();
  const at = (address: string): Broker => {
    let broker = brokers.get(address);
    if (broker === undefined) {
      broker = createBroker({ ...parseHostPort(address, PORT_DEFAULT), config, secrets, tls, egress, strip });
      brokers.set(address, broker);
    }
    return broker;
  };
  /** Of the first that answers: the settings name several because one may be down. */
  const askMetadata = async (name: string, signal: AbortSignal): Promise<Buffer> => {
    let failure: PermanentError | RetryableError | undefined;
    const body = Buffer.concat([array([string(name)]), int8(config.create_topics ? 1 : 0)]);
    for (const address of config.brokers) {
      try {
        return await at(address).request(API.metadata, body, signal);
      } catch (error) {
        signal.throwIfAborted();
        if (!isKnownError(error) || error instanceof PermanentError) throw error;
        failure = error;
      }
    }
    throw failure!;
  };
  return {
    topic: async (name, signal) => {
      const known = topics.get(name);
      if (known !== undefined && Date.now() - known.knownAtMs < METADATA_AGE_MS_MAX) return known.topic;
      const metadata = readMetadata(await askMetadata(name, signal));
      addresses = metadata.brokers;
      if (topics.size >= TOPICS_MAX) topics.clear();
      if (metadata.topic.error === 0) topics.set(name, { topic: metadata.topic, knownAtMs: Date.now() });
      return metadata.topic;
    },
    broker: (id) => at(addresses.get(id) ?? config.brokers[0]!),
    forget: () => {
      topics = new Map();
    },
    size: () => addresses.size,
    close: () => {
      for (const broker of brokers.values()) broker.close();
    },
  };
}

/** Metadata v4, of one topic: https://kafka.apache.org/protocol#The_Messages_Metadata */
function readMetadata(answer: Buffer): { brokers: Map<number, string>; topic: Topic } {
  const reader = new Reader(answer);
  reader.int32();
  const brokers = reader.array((): [number, string] => {
    const id = reader.int32();
    const host = reader.string() ?? '';
    const port = reader.int32();
    reader.string();
    return [id, host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`];
  });
  reader.string();
  reader.int32();
  const [topic] = reader.array((): Topic => {
    const error = reader.int16();
    reader.string();
    reader.bool();
    const partitions = reader.array(() => {
      reader.int16();
      const index = reader.int32();
      const leader = reader.int32();
      reader.array(() => reader.int32());
      reader.array(() => reader.int32());
      return { index, leader };
    });
    const leaders: number[] = Array.from({ length: partitions.length }, () => -1);
    for (const { index, leader } of partitions) if (index >= 0 && index < leaders.length) leaders[index] = leader;
    return { error, leaders };
  });
  return { brokers: new Map(brokers), topic: topic ?? { error: 3, leaders: [] } };
}
