import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { appendFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { readmeBlock, selfSigned } from '../../../test/support/peer.ts';
import { removeTempDirs, tempDir } from '../../../test/support/server.ts';
import { fileTailConfig } from './config.ts';
import { type PodName, Pods } from './pods.ts';
import { startTail, type TestTail } from './test-tail.ts';

/** A server that answers one pod as the API server does, to who has the token of the moment. */
let api: Server;
let certificate: { cert: string; key: string };
let port: number;
let mount: string;
let token: string;
/** Answered once each before the pod. */
let refusals: number[];
let asked: string[];
let pods: Pods | null;
let warnings: string[];
let tail: TestTail | null;

const WEB: PodName = { namespace: 'shop', name: 'web-7d4b9c-x2x1z', uid: '0a1b-2c3d' };
const POD = {
  kind: 'Pod',
  apiVersion: 'v1',
  metadata: {
    name: WEB.name,
    namespace: WEB.namespace,
    uid: WEB.uid,
    labels: { app: 'web', 'app.kubernetes.io/part-of': 'shop' },
    ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web-7d4b9c', uid: '9', controller: true }],
  },
  spec: { nodeName: 'node-1', containers: [{ name: 'nginx' }] },
  status: { phase: 'Running' },
};
const LABELS = {
  'k8s.pod.label.app': 'web',
  'k8s.pod.label.app.kubernetes.io/part-of': 'shop',
  'k8s.node.name': 'node-1',
  'k8s.replicaset.name': 'web-7d4b9c',
  'k8s.deployment.name': 'web',
};
let pod: object;

beforeAll(() => {
  certificate = selfSigned();
});

beforeEach(async () => {
  [token, refusals, asked, warnings, pods, tail, pod] = ['first', [], [], [], null, null, POD];
  mount = tempDir();
  writeFileSync(join(mount, 'token'), token);
  writeFileSync(join(mount, 'ca.crt'), readFileSync(certificate.cert));
  const tls = { cert: readFileSync(certificate.cert), key: readFileSync(certificate.key) };
  api = createServer(tls, ({ url = '', headers }, response) => {
    asked.push(url);
    const isKnown = headers.authorization === `Bearer ${token}`;
    const isPod = url === `/api/v1/namespaces/shop/pods/${WEB.name}`;
    response.statusCode = refusals.shift() ?? (isKnown ? (isPod ? 200 : 404) : 401);
    const failure = { kind: 'Status', apiVersion: 'v1', status: 'Failure', code: response.statusCode };
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(response.statusCode === 200 ? pod : failure));
  });
  await once(api.listen(0, '127.0.0.1'), 'listening');
  port = (api.address() as AddressInfo).port;
});

afterEach(async () => {
  await tail?.listener.close();
  pods?.close();
  api.closeAllConnections();
  api.close();
});

afterAll(removeTempDirs);

const open = (): Pods => {
  const warn = (_: object, message: string) => warnings.push(message);
  pods = new Pods({ host: '127.0.0.1', port, dir: mount, warn, retryMs: 10 });
  return pods;
};

test('labels, node and owner of a pod, asked for once', async () => {
  const opened = open();
  expect(await opened.labelsOf(WEB)).toEqual(LABELS);
  expect(await opened.labelsOf(WEB)).toEqual(LABELS);
  expect(asked).toEqual([`/api/v1/namespaces/shop/pods/${WEB.name}`]);
});

test('a rotated token is read again', async () => {
  const opened = open();
  await opened.labelsOf(WEB);
  token = 'second';
  writeFileSync(join(mount, 'token'), 'second\n');
  expect(await opened.labelsOf({ ...WEB, uid: undefined })).toEqual(LABELS);
});

test.each([401, 403, 500])('%d: warned once, asked again until it is told', async (status) => {
  refusals = [status, status, status];
  expect(await open().labelsOf(WEB)).toEqual(LABELS);
  expect(asked).toHaveLength(4);
  expect(warnings).toHaveLength(1);
});

test('no token mounted yet, then one', async () => {
  mount = join(mount, 'later');
  const labels = open().labelsOf(WEB);
  await expect.poll(() => warnings).toHaveLength(1);
  mkdirSync(mount);
  writeFileSync(join(mount, 'ca.crt'), readFileSync(certificate.cert));
  writeFileSync(join(mount, 'token'), token);
  expect(await labels).toEqual(LABELS);
});

test('another certificate than the mounted one signs: nothing is sent there', async () => {
  writeFileSync(join(mount, 'ca.crt'), readFileSync(selfSigned().cert));
  void open().labelsOf(WEB);
  await expect.poll(() => warnings).toHaveLength(1);
  expect(asked).toEqual([]);
});

test.each<[string, object, object]>([
  ['another pod of that name', { ...POD, metadata: { ...POD.metadata, uid: 'x' } }, {}],
  [
    'a static pod, by the hash of its configuration',
    { metadata: { uid: 'x', annotations: { 'kubernetes.io/config.hash': WEB.uid } }, spec: { nodeName: 'n' } },
    { 'k8s.node.name': 'n' },
  ],
  [
    'a cron job',
    { metadata: { uid: WEB.uid, ownerReferences: [{ kind: 'Job', name: 'clean-2938' }] } },
    { 'k8s.job.name': 'clean-2938', 'k8s.cronjob.name': 'clean' },
  ],
  [
    'an owner of a kind without a name here',
    { metadata: { uid: WEB.uid, ownerReferences: [{ kind: 'Node', name: 'n' }] } },
    {},
  ],
])('%s', async (_, answer, labels) => {
  pod = answer;
  expect(await open().labelsOf(WEB)).toEqual(labels);
});

test('a pod that is gone has none', async () => {
  expect(await open().labelsOf({ ...WEB, name: 'gone' })).toEqual({});
});

async function startPod(): Promise<{ file: string; running: TestTail }> {
  const dir = join(mount, 'pods', `shop_${WEB.name}_${WEB.uid}`, 'nginx');
  mkdirSync(dir, { recursive: true });
  const file = join(dir, '0.log');
  writeFileSync(file, '2026-11-21T08:00:00Z stdout F first\n');
  const kubernetes = { kubernetesHost: '127.0.0.1', kubernetesPort: port, kubernetesDir: mount };
  const paths = [join(mount, 'pods/*/*/*.log')];
  tail = await startTail(join(mount, 'state'), { paths, multiline: 'off', ...kubernetes });
  return { file, running: tail };
}

test('a pod’s first line has its labels already', async () => {
  const { running } = await startPod();
  await expect.poll(() => running.events.length, { timeout: 10_000 }).toBe(1);
  expect(running.events[0]!.labels).toMatchObject({ ...LABELS, 'k8s.container.name': 'nginx', 'k8s.pod.uid': WEB.uid });
});

test('an API that refuses: lines come without labels, and with them once it tells', async () => {
  refusals = [403, 403];
  const { file, running } = await startPod();
  await expect.poll(() => running.events.length, { timeout: 10_000 }).toBe(1);
  expect(running.events[0]!.labels).toMatchObject({ 'k8s.pod.name': WEB.name });
  expect(running.events[0]!.labels).not.toHaveProperty(['k8s.node.name']);
  expect(running.warnings).toHaveLength(1);
  await expect.poll(() => asked.length, { timeout: 10_000 }).toBe(3);
  await appendFile(file, '2026-11-21T08:00:01Z stdout F second\n');
  await expect.poll(() => running.events.length, { timeout: 10_000 }).toBe(2);
  expect(running.events[1]!.labels).toMatchObject(LABELS);
}, 30_000);

test('the README’s DaemonSet mounts what is read, and its role lets pods be asked for', () => {
  const documents = parseAllDocuments(readmeBlock('file-tail', 'yaml', 'DaemonSet'));
  expect(documents.flatMap(({ errors }) => errors)).toEqual([]);
  const objects = documents.map((document) => document.toJS());
  const of = (kind: string) => objects.find((object) => object.kind === kind);
  expect(objects.map(({ kind }) => kind)).toEqual([
    'ServiceAccount',
    'ClusterRole',
    'ClusterRoleBinding',
    'ConfigMap',
    'DaemonSet',
  ]);
  expect(of('ClusterRole').rules).toEqual([{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }]);
  const name = of('ServiceAccount').metadata;
  expect(of('ClusterRoleBinding').subjects).toEqual([
    { kind: 'ServiceAccount', name: name.name, namespace: name.namespace },
  ]);
  expect(of('ClusterRoleBinding').roleRef.name).toBe(of('ClusterRole').metadata.name);
  const { spec } = of('DaemonSet').spec.template;
  expect(spec.serviceAccountName).toBe(name.name);
  const [container] = spec.containers;
  const mounted = container.volumeMounts.map((each: { name: string }) => each.name).sort();
  expect(spec.volumes.map((each: { name: string }) => each.name).sort()).toEqual(mounted);
  const [config] = parseAllDocuments(of('ConfigMap').data['tailwater.yaml']).map((document) => document.toJS());
  const read = fileTailConfig.parse(config.receivers['file-tail']);
  expect(container.volumeMounts).toContainEqual({ name: 'logs', mountPath: '/var/log', readOnly: true });
  expect(read.paths.every((path) => path.startsWith('/var/log/'))).toBe(true);
});
