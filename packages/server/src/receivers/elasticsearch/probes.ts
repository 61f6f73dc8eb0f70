import type { HttpAnswer, ProbeRequest, ReceiverProbe, RequestHead } from '../receiver.ts';
import { errorAnswer, jsonWith } from './answers.ts';

/** What clients are told of a cluster that is none. The version is one that shippers of all ages speak to. */
const VERSION = '8.19.0';
const CLUSTER = 'tailwater';
const CLUSTER_ID = 'dGFpbHdhdGVyLWNsdXN0ZX';
const NODE_ID = 'dGFpbHdhdGVyLW5vZGUtMD';
const LICENSE_ID = '7f0c4c6e-5f3b-4c43-9f63-7461696c7761';
const ISSUED_MS = 1_700_000_000_000;
/** Elasticsearch's default of http.max_content_length: Logstash and Fluent Bit split by it. */
const CONTENT_BYTES_MAX = 100 << 20;

const INFO = {
  name: CLUSTER,
  cluster_name: CLUSTER,
  cluster_uuid: CLUSTER_ID,
  version: {
    number: VERSION,
    build_flavor: 'default',
    build_type: 'tar',
    build_hash: '0000000000000000000000000000000000000000',
    build_date: '2025-07-23T22:10:18.138215839Z',
    build_snapshot: false,
    lucene_version: '9.12.1',
    minimum_wire_compatibility_version: '7.17.0',
    minimum_index_compatibility_version: '7.0.0',
  },
  tagline: 'You Know, for Search',
};

/** Beats send to an active license of any type but `oss`; Logstash gives up a host that shows none. */
const LICENSE = {
  status: 'active',
  uid: LICENSE_ID,
  type: 'basic',
  mode: 'basic',
  issue_date: new Date(ISSUED_MS).toISOString(),
  issue_date_in_millis: ISSUED_MS,
  max_nodes: 1000,
  issued_to: CLUSTER,
  issuer: 'elasticsearch',
  start_date_in_millis: -1,
};

const XPACK = {
  build: {},
  license: { uid: LICENSE_ID, type: 'basic', mode: 'basic', status: 'active' },
  features: { ilm: { available: true, enabled: true } },
};

const HEALTH = {
  cluster_name: CLUSTER,
  status: 'green',
  timed_out: false,
  number_of_nodes: 1,
  number_of_data_nodes: 1,
  active_primary_shards: 1,
  active_shards: 1,
  relocating_shards: 0,
  initializing_shards: 0,
  unassigned_shards: 0,
  number_of_pending_tasks: 0,
  active_shards_percent_as_number: 100,
};

/** Of one node, at the address the client came to: a client that sniffs stays with it. */
function nodes({ headers }: RequestHead) {
  const http = { publish_address: headers.host ?? 'localhost', max_content_length_in_bytes: CONTENT_BYTES_MAX };
  return {
    _nodes: { total: 1, successful: 1, failed: 0 },
    cluster_name: CLUSTER,
    nodes: { [NODE_ID]: { name: CLUSTER, version: VERSION, roles: ['data', 'ingest'], http } },
  };
}

/** Answers with what `body` makes, or with the refusal of the key. */
function answering(body: (request: ProbeRequest) => unknown): (request: ProbeRequest) => HttpAnswer {
  return (request) => (request.error === null ? jsonWith(200, body(request), request.head) : refusal(request));
}

/** A body beyond what probes read is none of a wrong key: templates and pipelines may be that large. */
function refusal(request: ProbeRequest): HttpAnswer {
  const { error, head } = request;
  if (error!.code === 'payload_too_large') return jsonWith(200, { acknowledged: true }, head);
  return errorAnswer(error!, head);
}

/** What is read as `{}` and is taken as done when it is written. There is nothing to set up here. */
const setUp = answering(({ head }) => {
  if (head.method === 'GET' || head.method === 'HEAD') return {};
  return { acknowledged: true, shards_acknowledged: true, index: head.params.index ?? head.params.name };
});

const ANY = ['HEAD', 'GET', 'PUT', 'POST', 'DELETE'];
const READ = ['HEAD', 'GET'];

/** Paths that clients fill before they send: templates, life cycles, pipelines, aliases. */
const SET_UP = [
  '/_template',
  '/_template/:name',
  '/_index_template',
  '/_index_template/:name',
  '/_component_template/:name',
  '/_ilm/policy/:name',
  '/_data_stream/:name',
  '/_data_stream/:name/_lifecycle',
  '/_lifecycle/:name',
  '/_alias',
  '/_alias/:name',
  '/:index/_alias',
  '/:index/_alias/:name',
  '/:index/_mapping',
  '/:index/_settings',
  '/_ingest/pipeline',
  '/_ingest/pipeline/:name',
  '/_logstash/*',
];

/** Their own figures, which Beats and Logstash report to where they send. They are no events. */
const MONITORING = ['/_monitoring/bulk', '/_xpack/monitoring/_bulk'];
const REFRESH = ['/_refresh', '/:index/_refresh', '/_flush', '/:index/_flush'];

export function probesUnder(prefix: string): ReceiverProbe[] {
  const probe = (methods: readonly string[], path: string, body: (request: ProbeRequest) => unknown) =>
    ({ methods, path: prefix + path, needsKey: true, answer: answering(body) }) satisfies ReceiverProbe;
  return [
    ...rootProbes(prefix),
    probe(READ, '/_license', () => ({ license: LICENSE })),
    probe(READ, '/_xpack/license', () => ({ license: LICENSE })),
    probe(READ, '/_xpack', () => XPACK),
    probe(READ, '/_nodes', ({ head }) => nodes(head)),
    probe(READ, '/_nodes/*', ({ head }) => nodes(head)),
    probe(READ, '/_cluster/health', () => HEALTH),
    probe(READ, '/_cluster/health/:index', () => HEALTH),
    probe(READ, '/_cat/health', () => [{ cluster: CLUSTER, status: 'green' }]),
    probe(READ, '/_ilm/status', () => ({ operation_mode: 'RUNNING' })),
    ...MONITORING.map((path) => probe(['POST', 'PUT'], path, () => ({ took: 1, ignored: true, errors: false }))),
    ...REFRESH.map((path) => probe(['POST', 'GET'], path, () => ({ _shards: { total: 1, successful: 1, failed: 0 } }))),
    ...SET_UP.map((path) => ({ methods: ANY, path: prefix + path, needsKey: true, answer: setUp })),
    indexProbe(prefix),
  ];
}

/** A browser that comes to `/` wants the web UI. */
function rootProbes(prefix: string): ReceiverProbe[] {
  const paths = prefix === '' ? ['/'] : [prefix, `${prefix}/`];
  const claims = ({ headers }: RequestHead) => !(headers.accept ?? '').includes('text/html');
  return paths.map((path) => ({ methods: READ, path, needsKey: true, claims, answer: answering(() => INFO) }));
}

/** Programs that ask for an index or alias by a path of one segment, where other paths of the server are too. */
const CLIENTS = /elastic|opensearch|logstash|beat|manticore|fluent|vector/i;

/** Whether an index exists (it does), or shall be made: Logstash's and Beats' rollover. */
function indexProbe(prefix: string): ReceiverProbe {
  const isClient = ({ headers }: RequestHead) =>
    headers['x-elastic-product-origin'] !== undefined ||
    headers['x-elastic-client-meta'] !== undefined ||
    CLIENTS.test(headers['user-agent'] ?? '');
  // No index begins with an underscore.
  const claims = (head: RequestHead) => !head.path.startsWith(`${prefix}/_`) && (prefix !== '' || isClient(head));
  return { methods: ['HEAD', 'PUT'], path: `${prefix}/:index`, needsKey: true, claims, answer: setUp };
}
