import { elasticsearch } from '../../../src/destinations/elasticsearch/index.ts';
import { sampleEvent } from '../destination-events.ts';
import { echo, HTTP_FAULTS, openHttpVendor, type VendorAnswer, type VendorRequest } from './http-vendor.ts';
import { type AwsKeys, signatureFault } from './sigv4.ts';
import type { Vendor } from './vendor.ts';

const API_KEY = Buffer.from('5ec2e7-id:5ec2e7-key-of-elastic').toString('base64');
/** http.max_content_length, as Amazon's smaller clusters have it. */
const BODY_BYTES_MAX = 10 << 20;

type Document = Record<string, unknown> & { message: string };

interface ElasticsearchOptions {
  config?: object;
  product?: 'elasticsearch' | 'opensearch';
  /** Asks for signatures by these keys, as Amazon's clusters do. */
  keys?: AwsKeys;
  /** Items that are throttled, by what number they come. */
  isThrottled?: (item: number) => boolean;
  /** Whether policies and templates may be made. */
  canSetUp?: boolean;
  /** Whether streams come to be when the first document is created. */
  canCreateStreams?: boolean;
}

export type ElasticsearchVendor = Vendor & {
  documents: Map<string, Document>;
  requests: VendorRequest[];
  /** What was put, by path. */
  objects: Map<string, unknown>;
};

/** `_bulk` into data streams, as the reference says: only `create`, @timestamp needed, types of fields are kept to. */
export async function openElasticsearchVendor(options: ElasticsearchOptions = {}): Promise<ElasticsearchVendor> {
  const {
    config = {},
    product = 'elasticsearch',
    keys,
    isThrottled = () => false,
    canCreateStreams = true,
    canSetUp = true,
  } = options;
  const documents = new Map<string, Document>();
  const objects = new Map<string, unknown>();
  const types = new Map<string, string>();
  let items = 0;
  const takeItem = (action: { create?: { _index?: string; _id?: string } }, document: Document) => {
    const failed = (status: number, type: string, reason: string) => ({ create: { status, error: { type, reason } } });
    if (action.create?._index === undefined)
      return failed(
        400,
        'illegal_argument_exception',
        'only write ops with an op_type of create are allowed in data streams',
      );
    if (!canCreateStreams) return failed(404, 'index_not_found_exception', `no such index [${action.create._index}]`);
    if (isThrottled(items++))
      return failed(429, 'es_rejected_execution_exception', 'rejected execution of coordinating operation');
    if (Number.isNaN(Date.parse(String(document['@timestamp']))))
      return failed(400, 'document_parsing_exception', 'data stream timestamp field [@timestamp] is missing');
    const id = action.create._id ?? `own-${items}`;
    if (documents.has(id))
      return failed(409, 'version_conflict_engine_exception', `[${id}]: version conflict, document already exists`);
    const conflict = fieldConflict(types, document);
    if (conflict !== null) return failed(400, 'document_parsing_exception', conflict);
    documents.set(id, document);
    return { create: { status: 201 } };
  };
  const bulk = (request: VendorRequest): VendorAnswer => {
    const text = request.body.toString();
    if (!/^application\/(vnd\.elasticsearch\+)?(x-ndjson|json)/.test(request.headers['content-type'] ?? ''))
      return { status: 406, body: { error: 'Content-Type header is not supported' } };
    if (request.body.length > BODY_BYTES_MAX) return { status: 413, body: '' };
    if (!text.endsWith('\n'))
      return {
        status: 400,
        body: {
          error: {
            type: 'illegal_argument_exception',
            reason: 'The bulk request must be terminated by a newline [\\n]',
          },
        },
      };
    const lines = text
      .slice(0, -1)
      .split('\n')
      .map((line) => JSON.parse(line) as Document);
    const results = lines.flatMap((line, i) => (i % 2 === 0 ? [takeItem(line as never, lines[i + 1]!)] : []));
    const errors = results.some(({ create }) => create.status > 299);
    const filtered = request.query.get('filter_path') === null ? { took: 1 } : {};
    return { status: 200, body: { ...filtered, errors, items: results } };
  };
  const objectAt = (request: VendorRequest): VendorAnswer => {
    if (!canSetUp) return { status: 400, body: { error: `no handler found for uri [${request.path}]` } };
    if (request.method === 'GET') {
      return objects.has(request.path) ? { status: 200, body: objects.get(request.path) } : { status: 404, body: {} };
    }
    objects.set(request.path, JSON.parse(request.body.toString()));
    return { status: 200, body: { acknowledged: true } };
  };
  const version = product === 'opensearch' ? { number: '3.1.0', distribution: 'opensearch' } : { number: '9.1.0' };
  const http = await openHttpVendor({
    isDelivery: ({ path }) => path === '/_bulk',
    // Elastic's own clients speak to nothing that does not answer so.
    headers: product === 'elasticsearch' ? { 'x-elastic-product': 'Elasticsearch' } : {},
    handle: (request) => {
      if (keys !== undefined && signatureFault(request, keys) !== null) {
        return { status: 403, body: { message: `The request signature is not the one: ${echo(request)}` } };
      }
      if (keys === undefined && request.headers.authorization !== `ApiKey ${API_KEY}`) {
        return { status: 401, body: { error: { type: 'security_exception', reason: echo(request) }, status: 401 } };
      }
      if (request.path === '/_bulk') return bulk(request);
      if (request.path === '/') return { status: 200, body: { cluster_name: 'test', version } };
      if (request.path === '/_security/user/_has_privileges')
        return { status: 200, body: { username: 'u', has_all_requested: true } };
      if (/^\/(_ilm\/policy|_plugins\/_ism\/policies|_index_template)\/[^/]+$/.test(request.path))
        return objectAt(request);
      return { status: 400, body: { error: `no handler found for uri [${request.path}]` } };
    },
  });
  const at = (url: string, apiKey = API_KEY) => ({
    config: elasticsearch.config.parse({ url, product, ...config }),
    secrets: { api_key: apiKey },
  });
  return {
    ...http,
    settings: at(http.origin),
    unauthorized: at(http.origin, Buffer.from('5ec2e7-id:5ec2e7-wrong-key').toString('base64')),
    at: (host, port) => at(`http://${host}:${port}`),
    faults: HTTP_FAULTS,
    messages: () => [...documents.values()].map(({ message }) => message),
    // Objects that are looked for before they are made.
    complaints: () => http.complaints.filter((complaint) => !complaint.includes(': 404 ')),
    takesOnce: true,
    poison: (event) => sampleEvent(1, { ...event, attributes: { price: { kind: 'string', text: 'no number' } } }),
    documents,
    objects,
  };
}

/** Dynamic mapping: a field is what its first value was. */
function fieldConflict(types: Map<string, string>, value: unknown, path = ''): string | null {
  if (Array.isArray(value))
    return value.map((item) => fieldConflict(types, item, path)).find((found) => found !== null) ?? null;
  if (typeof value === 'object' && value !== null) {
    const found = Object.entries(value).map(([name, member]) => fieldConflict(types, member, `${path}.${name}`));
    return found.find((each) => each !== null) ?? null;
  }
  const known = types.get(path);
  types.set(path, known ?? typeof value);
  if (known !== 'number' || typeof value === 'number') return null;
  return `failed to parse field [${path.slice(1)}] of type [float]`;
}
