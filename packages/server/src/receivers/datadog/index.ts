import { STATUS_CODES } from 'node:http';
import type { EventBatch } from '../../batch/event-batch.ts';
import { type PermanentError, RetryableError } from '../../runtime/errors.ts';
import type {
  DecodeRequest,
  HttpAnswer,
  IngestOutcome,
  ProbeRequest,
  Receipt,
  Receiver,
  ReceiverRoute,
  RequestHead,
} from '../receiver.ts';
import { jsonAnswer, mediaType, retryAfterHeader } from '../util/answers.ts';
import { decodeItems, decodeLines } from './decode.ts';

/** Datadog's logs intake. See README.md. */
export const datadog: Receiver = {
  id: 'datadog',
  summary: 'Logs as Datadog’s Agent and clients send them',
  keyPlaces: ['DD-API-KEY: KEY', '?dd-api-key=KEY'],
  routes: [route('/api/v2/logs'), route('/v1/input'), route('/v1/input/:key')],
  probes: [{ methods: ['GET'], path: '/api/v1/validate', needsKey: true, answer: answerValidate }],
  credential,
};

function route(path: string): ReceiverRoute {
  return {
    method: 'POST',
    path,
    contentTypes: ['application/json', 'text/plain', 'application/logplex-1'],
    format,
    encodings: () => ['identity', 'gzip', 'deflate', 'zstd', 'snappy'],
    decode,
    respond,
  };
}

/** Browsers' libraries send lines of JSON as text, so `text` reads both. */
function format({ headers }: RequestHead): string {
  const type = mediaType(headers['content-type']);
  return type.startsWith('text/') || type === 'application/logplex-1' ? 'text' : 'json';
}

function decode(body: Buffer, batch: EventBatch, { format, query }: DecodeRequest): void {
  if (format === 'text') decodeLines(body, batch, query);
  else decodeItems(body, batch, query);
}

/** The key in the path counts only where there is none in a header. */
function credential({ headers, query, params }: RequestHead): string | undefined {
  const key = headers['dd-api-key'] ?? query.get('dd-api-key');
  if (key !== null && key !== undefined && key !== '') return key;
  if (headers.authorization !== undefined || headers['x-api-key'] !== undefined) return undefined;
  return Object.hasOwn(params, 'key') ? params.key : undefined;
}

function respond(outcome: IngestOutcome): HttpAnswer {
  if (outcome.kind === 'failed') return failureAnswer(outcome.error);
  const { receipt } = outcome;
  if (receipt.rejectedCount === 0) return jsonAnswer(202, {});
  // With 400 a client would take all of them for lost.
  return jsonAnswer(receipt.accepted > 0 ? 202 : 400, { errors: rejectionErrors(receipt) });
}

/** How many rejections one answer lists. */
const LISTED_MAX = 10;

function rejectionErrors({ rejections, rejectedCount, accepted }: Receipt) {
  const total = accepted + rejectedCount;
  const errors = rejections.slice(0, LISTED_MAX).map(({ index, field, error }) => {
    const detail = `item ${index}${field === '' ? '' : `, ${field}`}: ${error}`;
    return errorOf(400, detail);
  });
  const more = rejectedCount - errors.length;
  if (more > 0) errors.push(errorOf(400, `${more} more of ${total} items were rejected`));
  return errors;
}

function failureAnswer(error: PermanentError | RetryableError): HttpAnswer {
  if (!(error instanceof RetryableError)) {
    return jsonAnswer(error.status, { errors: [errorOf(error.status, error.message)] });
  }
  const status = error.code === 'rate_limited' ? 429 : error.code === 'internal' ? 500 : 503;
  return jsonAnswer(status, { errors: [errorOf(status, error.message)] }, retryAfterHeader(error));
}

function errorOf(status: number, detail: string) {
  return { detail, status: String(status), title: STATUS_CODES[status] ?? 'Error' };
}

/** The Agent tells a wrong key by 403 and the word alone. */
function answerValidate({ error }: ProbeRequest): HttpAnswer {
  if (error === null) return jsonAnswer(200, { valid: true });
  if (error.code === 'unauthenticated' || error.code === 'forbidden') return jsonAnswer(403, { errors: ['Forbidden'] });
  return failureAnswer(error);
}
