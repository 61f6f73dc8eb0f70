import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { kafka } from '../../src/destinations/kafka/index.ts';
import { hasOpenssl, makeAuthority } from '../support/certificates.ts';
import { countNumbers, deliveryTo, numberedEvents, type PeerDelivery } from '../support/deliver-to-peer.ts';
import { freePort, PROGRAM_ENV, program } from '../support/program.ts';
import { eventually, removeTempDirs, tempDir } from '../support/server.ts';

/**
 * A real Kafka (KRaft, one node), whose own console consumer tells what it has; it is killed and started again in the
 * middle. KAFKA_LIBS is a directory of its jars: kafka-server, kafka-tools and what they need.
 */
const libs = process.env.KAFKA_LIBS ?? '/usr/share/kafka/libs';
const java = program('java', libs);
const isMissing = java.isMissing || !hasOpenssl;
const [USER, PASSWORD] = ['tailwater', 'kafka-test-password'];
const EVENTS = 500;
const PARTITIONS = 3;

interface Kafka {
  plain: number;
  sasl: number;
  ssl: number;
  ca: string;
  client: { cert: string; key: string };
  run(mainClass: string, ...args: readonly string[]): Promise<string>;
  start(): Promise<void>;
  stop(signal: NodeJS.Signals): Promise<void>;
}

let peer: Kafka;
const opened: PeerDelivery[] = [];
beforeAll(async () => {
  if (isMissing) return;
  peer = await prepareKafka();
  await peer.start();
}, 120_000);
afterEach(async () => {
  for (const each of opened.splice(0)) await each.close();
});
afterAll(async () => {
  await peer?.stop('SIGKILL');
  removeTempDirs();
});

const oneLine = (pem: string) => pem.trim().replaceAll('\n', '\\n');

async function prepareKafka(): Promise<Kafka> {
  const dir = tempDir();
  const [plain, sasl, ssl, controller] = [await freePort(), await freePort(), await freePort(), await freePort()];
  const authority = makeAuthority();
  const [server, client] = [authority.issue('IP:127.0.0.1'), authority.issue('DNS:client')];
  const at = (port: number) => `127.0.0.1:${port}`;
  const listeners = `PLAINTEXT://${at(plain)},SASL_PLAINTEXT://${at(sasl)},SSL://${at(ssl)}`;
  const login = `user_${USER}="${PASSWORD}"`;
  const properties = join(dir, 'server.properties');
  writeFileSync(
    properties,
    `
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@${at(controller)}
controller.listener.names=CONTROLLER
listeners=${listeners},CONTROLLER://${at(controller)}
advertised.listeners=${listeners}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,SASL_PLAINTEXT:SASL_PLAINTEXT,SSL:SSL,CONTROLLER:PLAINTEXT
inter.broker.listener.name=PLAINTEXT
sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512
listener.name.sasl_plaintext.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required ${login};
listener.name.sasl_plaintext.scram-sha-256.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
listener.name.sasl_plaintext.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
ssl.keystore.type=PEM
ssl.keystore.certificate.chain=${oneLine(server.cert)}
ssl.keystore.key=${oneLine(server.key)}
ssl.truststore.type=PEM
ssl.truststore.certificates=${oneLine(authority.ca)}
ssl.client.auth=required
log.dirs=${dir}/logs
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
auto.create.topics.enable=false
num.partitions=${PARTITIONS}
`,
  );
  authority.close();
  const jvm = ['-Xmx512m', '-XX:+UseSerialGC', '-Dorg.slf4j.simpleLogger.defaultLogLevel=error', '-cp', `${libs}/*`];
  const run = async (mainClass: string, ...args: readonly string[]) =>
    (await promisify(execFile)(java.path, [...jvm, mainClass, ...args], { env: PROGRAM_ENV, maxBuffer: 1 << 26 }))
      .stdout;
  const scram = ['256', '512'].flatMap((bits) => ['-S', `SCRAM-SHA-${bits}=[name=${USER},password=${PASSWORD}]`]);
  await run('kafka.tools.StorageTool', 'format', '-t', 'MkU3OEVBNTcwNTJENDM2Qk', '-c', properties, ...scram);
  let child: ChildProcess = spawn('true');
  return {
    ...{ plain, sasl, ssl, ca: authority.ca, client, run },
    start: async () => {
      child = spawn(java.path, [...jvm, 'kafka.Kafka', properties], { stdio: 'ignore', env: PROGRAM_ENV });
    },
    stop: async (signal) => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill(signal);
      await ended;
    },
  };
}

async function createTopic(name: string): Promise<void> {
  const to = ['--bootstrap-server', `127.0.0.1:${peer.plain}`];
  await peer.run(
    'org.apache.kafka.tools.TopicCommand',
    ...to,
    '--create',
    '--topic',
    name,
    '--partitions',
    `${PARTITIONS}`,
  );
}

interface Consumed {
  partition: number;
  headers: string;
  key: string;
  value: Record<string, unknown>;
}

/** All records of the topic, once there are `count`. */
async function consume(topic: string, count: number): Promise<Consumed[]> {
  const shown = ['partition', 'headers', 'key', 'value'].flatMap((what) => ['--property', `print.${what}=true`]);
  const stdout = await peer.run(
    'org.apache.kafka.tools.consumer.ConsoleConsumer',
    ...['--bootstrap-server', `127.0.0.1:${peer.plain}`, '--topic', topic, '--from-beginning'],
    ...['--max-messages', String(count), '--timeout-ms', '10000', ...shown],
  );
  const lines = stdout.split('\n').filter((line) => line.startsWith('Partition:'));
  return lines.map((line) => {
    const [partition, headers, key, ...value] = line.split('\t');
    return {
      partition: Number(partition!.slice(10)),
      headers: headers!,
      key: key!,
      value: JSON.parse(value.join('\t')),
    };
  });
}

function deliver(settings: object, secrets: Record<string, string> = {}): PeerDelivery {
  const delivery = deliveryTo(kafka, { config: kafka.config.parse(settings), secrets });
  opened.push(delivery);
  return delivery;
}

const ready = (delivery: PeerDelivery) =>
  eventually(async () => ((await delivery.test()).every(({ ok }) => ok) ? true : undefined), 60_000);

describe.skipIf(isMissing)(`Kafka${java.why}`, () => {
  test('keyed by service over three partitions, killed and started again', async () => {
    await createTopic('orders');
    const delivery = deliver({ brokers: [`127.0.0.1:${peer.plain}`], topic: 'orders', key: 'service' });
    await ready(delivery);
    const half = (from: number, to: number) =>
      numberedEvents('shop', from, to).map((event, i) => ({ ...event, service: `shop-${i % 7}` }));
    await delivery.send(half(0, EVENTS / 2));
    await peer.stop('SIGKILL');
    const [{ failures, rejected }] = await Promise.all([delivery.send(half(EVENTS / 2, EVENTS)), peer.start()]);
    expect(failures).toBeGreaterThan(0);
    expect(rejected).toEqual([]);
    const all = await consume('orders', EVENTS * 2);
    const records = all.filter(({ value }) => String(value.message).startsWith('number'));
    countNumbers(
      records.map(({ value }) => String(value.message)),
      EVENTS,
    );
    const partitions = new Map(records.map(({ key, partition }) => [key, partition]));
    expect(new Set(partitions.values()).size).toBeGreaterThan(1);
    for (const { key, partition, headers, value } of records) {
      expect(value).toMatchObject({
        service: key,
        log_type: 'gateway',
        severity: 'warn',
        metadata: { price: 1.5, ok: true },
      });
      expect(headers).toBe(`event_id:${String(value.event_id)}`);
      expect(partitions.get(key)).toBe(partition);
    }
  });

  test.each(['plain', 'scram-sha-256', 'scram-sha-512'])('SASL %s', async (sasl) => {
    await eventually(() => createTopic(`logs.${sasl}`).then(() => true), 60_000);
    const own = { brokers: [`127.0.0.1:${peer.sasl}`], topic: `logs.${sasl}`, sasl, username: USER };
    const delivery = deliver(own, { password: PASSWORD });
    await ready(delivery);
    await delivery.send(numberedEvents('shop', 0, 100));
    const records = await consume(`logs.${sasl}`, 101);
    const texts = records.map(({ value }) => String(value.message)).filter((text) => text.startsWith('number'));
    expect(countNumbers(texts, 100)).toEqual({ twice: 0 });
    const steps = await deliver(own, { password: 'not-the-password' }).test();
    expect(steps.at(-1)).toMatchObject({ ok: false, field: 'password' });
    expect(JSON.stringify(steps)).not.toContain('not-the-password');
  });

  test('TLS with a client certificate, a topic by field, and none that exists', async () => {
    await eventually(() => createTopic('logs.gateway').then(() => true), 60_000);
    const tls = { brokers: [`127.0.0.1:${peer.ssl}`], tls: true, ca: peer.ca, client_certificate: peer.client.cert };
    const secrets = { client_key: peer.client.key };
    const delivery = deliver({ ...tls, topic: 'logs.{log_type}' }, secrets);
    await ready(delivery);
    await delivery.send(numberedEvents('shop', 0, 100));
    expect((await consume('logs.gateway', 101)).length).toBe(101);
    const steps = await deliver({ ...tls, topic: 'no-such-topic' }, secrets).test();
    expect(steps.at(-1)).toMatchObject({ ok: false, field: 'topic', detail: expect.stringMatching(/UNKNOWN_TOPIC/) });
  });

  test('a batch over the limit of the topic is to be halved', async () => {
    await eventually(() => createTopic('small').then(() => true), 60_000);
    const to = ['--bootstrap-server', `127.0.0.1:${peer.plain}`, '--entity-type', 'topics', '--entity-name', 'small'];
    await peer.run('kafka.admin.ConfigCommand', ...to, '--alter', '--add-config', 'max.message.bytes=2000');
    const delivery = deliver({ brokers: [`127.0.0.1:${peer.plain}`], topic: 'small', compression: 'none' });
    await expect(delivery.send(numberedEvents('shop', 0, 20))).rejects.toMatchObject({ code: 'payload_too_large' });
    const [large] = numberedEvents('shop', 0, 1, { message: 'x'.repeat(5000) });
    expect((await delivery.send([large!])).rejected).toEqual([expect.stringContaining('MESSAGE_TOO_LARGE')]);
  });
});
