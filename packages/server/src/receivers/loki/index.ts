import type { EventBatch } from '../../batch/event-batch.ts';
import { RetryableError } from '../../runtime/errors.ts';
import type {
  DecodeRequest,
  HttpAnswer,
  IngestOutcome,
  Receipt,
  Receiver,
  ReceiverRoute,
  RequestHead,
} from '../receiver.ts';
import { mediaType, retryAfterHeader } from '../util/answers.ts';
import { decodeJson } from './decode-json.ts';
import { decodeProtobuf } from './decode-protobuf.ts';

/** Loki's push API. See README.md. */
export const loki: Receiver = {
  id: 'loki',
  summary: 'Loki’s push API',
  routes: [route('/loki/api/v1/push'), route('/api/prom/push')],
};

function route(path: string): ReceiverRoute {
  const contentTypes = ['application/json', 'application/x-protobuf'];
  return { method: 'POST', path, contentTypes, format, encodings, innerEncoding, decode, respond };
}

/** Anything that says neither JSON nor nothing is protobuf. Loki refuses a missing type; here it reads as JSON. */
function format({ headers }: RequestHead): string {
  const type = mediaType(headers['content-type']);
  if (type === '') return headers['content-encoding'] === 'snappy' ? 'protobuf' : 'json';
  return type === 'application/json' || type.endsWith('+json') ? 'json' : 'protobuf';
}

function encodings(format: string) {
  return format === 'json'
    ? (['identity', 'gzip', 'deflate', 'zstd', 'snappy'] as const)
    : (['snappy', 'gzip', 'deflate', 'zstd'] as const);
}

/** A protobuf body is one snappy block, whether a header says so or not, also below another encoding. */
function innerEncoding(format: string) {
  return format === 'json' ? null : 'snappy';
}

function decode(body: Buffer, batch: EventBatch, request: DecodeRequest): void {
  if (request.format === 'json') decodeJson(body, batch);
  else decodeProtobuf(body, batch);
}

function respond(outcome: IngestOutcome): HttpAnswer {
  if (outcome.kind === 'accepted') return respondTo(outcome.receipt);
  const { error } = outcome;
  if (error instanceof RetryableError) {
    // Loki's clients know 429 and 5xx; the OpenTelemetry Collector retries no 507.
    return textAnswer(error.code === 'rate_limited' ? 429 : 503, error.message, retryAfterHeader(error));
  }
  // Loki never answers 415, and clients drop a batch on any 4xx but 429.
  return textAnswer(error.code === 'unsupported_media_type' ? 400 : error.status, error.message);
}

/** Loki stores what is valid and answers 400 for what is not, both in one request. */
function respondTo(receipt: Receipt): HttpAnswer {
  if (receipt.rejectedCount > 0) return textAnswer(400, rejectionText(receipt));
  if (receipt.accepted > 0) return { status: 204, headers: {}, body: '' };
  return textAnswer(422, 'error at least one valid stream is required for ingestion');
}

/** How many different errors one answer lists, as Loki does. */
const LISTED_MAX = 10;

function rejectionText({ accepted, rejectedCount, rejections }: Receipt): string {
  const errors = [...new Set(rejections.map(({ error }) => error))].slice(0, LISTED_MAX);
  if (rejectedCount === 1 && errors.length === 1) return errors[0];
  return [...errors, `total ignored: ${rejectedCount} out of ${accepted + rejectedCount}`].join('; ');
}

function textAnswer(status: number, text: string, headers: Record<string, string> = {}): HttpAnswer {
  return {
    status,
    headers: { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff', ...headers },
    body: `${text}\n`,
  };
}
