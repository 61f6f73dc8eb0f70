import type { EventBatch } from '../../batch/event-batch.ts';
import { PermanentError } from '../../runtime/errors.ts';
import type { DecodeRequest, Receiver, ReceiverRoute, RequestHead } from '../receiver.ts';
import { mediaType } from '../util/answers.ts';
import { bulkAnswer, documentAnswer } from './answers.ts';
import { decodeBulk, decodeDocument } from './decode.ts';
import { probesUnder } from './probes.ts';

/** Before every path: clients whose address may have a path are told `http://…/elasticsearch`. */
const PREFIXES = ['', '/elasticsearch'];

const BULK_TYPES = ['application/x-ndjson', 'application/json'];
const DOCUMENT_TYPES = ['application/json'];
const encodings = () => ['identity', 'gzip', 'deflate', 'zstd'] as const;

/** Elasticsearch's bulk and document APIs, and what its clients ask before they send. See README.md. */
export const elasticsearch: Receiver = {
  id: 'elasticsearch',
  summary: 'Elasticsearch’s bulk and document APIs',
  keyPlaces: ['Authorization: ApiKey KEY'],
  // Longer prefixes first: `/elasticsearch/x/_bulk` would also be an index with a type.
  routes: [...PREFIXES].reverse().flatMap(routesUnder),
  probes: [...PREFIXES].reverse().flatMap(probesUnder),
  credential,
};

function routesUnder(prefix: string): ReceiverRoute[] {
  return [
    ...['/_bulk', '/:index/_bulk', '/:index/:type/_bulk'].flatMap((path) => [
      bulkRoute('POST', prefix + path),
      bulkRoute('PUT', prefix + path),
    ]),
    documentRoute('POST', `${prefix}/:index/_doc`),
    ...['/:index/_doc/:id', '/:index/_create/:id'].flatMap((path) => [
      documentRoute('POST', prefix + path),
      documentRoute('PUT', prefix + path),
    ]),
  ];
}

function bulkRoute(method: 'POST' | 'PUT', path: string): ReceiverRoute {
  const format = (head: RequestHead) => checkedFormat(head, 'bulk');
  return { method, path, contentTypes: BULK_TYPES, format, encodings, decode: decodeBulk, respond: bulkAnswer };
}

function documentRoute(method: 'POST' | 'PUT', path: string): ReceiverRoute {
  const format = (head: RequestHead) => checkedFormat(head, 'document');
  const decode = (body: Buffer, batch: EventBatch, request: DecodeRequest) => decodeDocument(body, batch, request);
  return { method, path, contentTypes: DOCUMENT_TYPES, format, encodings, decode, respond: documentAnswer };
}

/** rsyslog says application/json of its lines, curl's -d form-urlencoded, the official clients a vendor type. */
const MEDIA_TYPE =
  /^(|application\/(.+\+)?(json|x-json|ndjson|x-ndjson)|application\/octet-stream|application\/x-www-form-urlencoded|text\/.+)$/;

function checkedFormat({ headers }: RequestHead, format: string): string {
  if (MEDIA_TYPE.test(mediaType(headers['content-type']))) return format;
  const message = 'this path reads JSON: send application/x-ndjson or application/json';
  throw new PermanentError('unsupported_media_type', message, 'Content-Type');
}

/**
 * The key behind `Authorization: ApiKey`: base64 of `id:key` as Elasticsearch makes it and Beats encode it, or the key
 * itself. Anything else is looked up where all paths are.
 * https://www.elastic.co/docs/api/doc/elasticsearch/authentication
 */
function credential({ headers }: RequestHead): string | undefined {
  const match = /^apikey +(\S+) *$/i.exec(headers.authorization ?? '');
  if (match === null || headers['x-api-key'] !== undefined) return undefined;
  const decoded = Buffer.from(match[1], 'base64').toString('latin1');
  const pair = /^[\x21-\x39\x3b-\x7e]*:([\x21-\x7e]+)$/.exec(decoded);
  return pair === null ? match[1] : pair[1];
}
