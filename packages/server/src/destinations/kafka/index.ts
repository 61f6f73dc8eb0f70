import type { Egress } from '../../runtime/egress/egress.ts';
import { PermanentError } from '../../runtime/errors.ts';
import type { Destination, DestinationType, Settings } from '../destination.ts';
import { encodeWithin } from '../util/cut.ts';
import { firstSet, givenOnly, givenSecrets, listOf } from '../util/environment.ts';
import { secretStripper } from '../util/secrets.ts';
import { adviseClientCertificate, CLIENT_KEY } from '../util/tcp.ts';
import { type AdviceOf, runMarkedEvent, runStep } from '../util/test-steps.ts';
import { type Cluster, createCluster } from './cluster.ts';
import { type KafkaConfig, kafkaConfig } from './config.ts';
import { encodeEvent } from './encode.ts';
import { failureOfCode } from './errors.ts';
import { produce } from './produce.ts';

const EVENTS_MAX = 5000;
/** Head of a batch: 61 bytes. */
const BATCH_OVERHEAD_BYTES = 100;
/** Length, attributes, time, offset and key length of a record. */
const RECORD_OVERHEAD_BYTES = 24;

/** Apache Kafka 1.0 to 4.x, and what speaks its protocol. */
export const kafka: DestinationType<KafkaConfig> = {
  id: 'kafka',
  title: 'Apache Kafka',
  config: kafkaConfig,
  secrets: [{ name: 'password', title: 'Password', description: 'Of SASL.', required: false }, CLIENT_KEY],
  limits: ({ batch_bytes_max }) => ({
    eventsMax: EVENTS_MAX,
    bytesMax: batch_bytes_max - BATCH_OVERHEAD_BYTES,
    eventBytesMax: batch_bytes_max - BATCH_OVERHEAD_BYTES - RECORD_OVERHEAD_BYTES,
    overheadBytes: RECORD_OVERHEAD_BYTES,
    ageMsMax: 500,
    // Order within a partition is what Kafka is for.
    concurrency: 1,
  }),
  fromEnvironment,
  encode: (event, config) => {
    const bytesMax = config.batch_bytes_max - BATCH_OVERHEAD_BYTES - RECORD_OVERHEAD_BYTES;
    return encodeWithin(event, bytesMax, (fitting) => encodeEvent(fitting, config));
  },
  open: (settings, { egress }) => openKafka(settings, egress),
};

function fromEnvironment(environment: Readonly<Record<string, string | undefined>>): Settings<unknown> | null {
  const brokers = listOf(firstSet(environment, 'KAFKA_BROKERS', 'KAFKA_BOOTSTRAP_SERVERS'));
  const topic = firstSet(environment, 'KAFKA_TOPIC');
  if (brokers === undefined || topic === undefined) return null;
  const protocol = firstSet(environment, 'KAFKA_SECURITY_PROTOCOL')?.toUpperCase() ?? '';
  const username = firstSet(environment, 'KAFKA_SASL_USERNAME', 'KAFKA_USERNAME');
  const mechanism = firstSet(environment, 'KAFKA_SASL_MECHANISM')?.toLowerCase();
  const members = {
    brokers: brokers.map((broker) => (/:\d+$/.test(broker) ? broker : `${broker}:9092`)),
    topic,
    username,
    sasl: mechanism ?? (username === undefined ? undefined : 'plain'),
    tls: protocol.endsWith('SSL') || undefined,
  };
  const password = firstSet(environment, 'KAFKA_SASL_PASSWORD', 'KAFKA_PASSWORD');
  return { config: kafkaConfig.parse(givenOnly(members)), secrets: givenSecrets({ password }) };
}

function openKafka(settings: Settings<KafkaConfig>, egress: Egress): Destination {
  const { config, secrets } = settings;
  const cluster = createCluster(settings, egress, secretStripper(secrets));
  return {
    deliver: (batch, signal) => produce(cluster, batch, config, signal),
    test: async (marked, report, signal) => {
      const run = { report, signal, advise };
      const isFound = await runStep('topic', run, () => askTopic(cluster, config, signal));
      if (isFound) await runMarkedEvent(marked, run, (batch) => produce(cluster, batch, config, signal));
    },
    close: async () => cluster.close(),
  };
}

/** A topic that is chosen by a field of each event is only known with the event. */
async function askTopic(cluster: Cluster, { topic }: KafkaConfig, signal: AbortSignal): Promise<string> {
  const name = topic.replace(/\{\w+\}/g, '_');
  const { error, leaders } = await cluster.topic(name, signal);
  const brokers = `The cluster has ${cluster.size()} brokers`;
  if (name !== topic) return `${brokers}; the topic is chosen by each event.`;
  if (error !== 0) throw failureOfCode(error, `topic ${topic}`);
  return `${brokers}; topic ${topic} has ${leaders.length} partitions.`;
}

const advise: AdviceOf = (error) => {
  const ofCertificate = adviseClientCertificate(error);
  if (ofCertificate !== undefined) return ofCertificate;
  if (/UNKNOWN_TOPIC|INVALID_TOPIC/.test(error.message)) {
    const advice = 'Create the topic, or set `create_topics` where brokers may do so (`auto.create.topics.enable`).';
    return { field: 'topic', advice };
  }
  if (error.code !== 'destination_unauthorized') return undefined;
  return {
    field: (error instanceof PermanentError ? error.field : undefined) ?? 'topic',
    advice: 'Check user, password and mechanism; the user needs the rights Write and Describe on the topic.',
  };
};
