import type { ErrorCode } from '@tailwater/schema';
import { varintBytes, writeVarint } from '../../batch/string-column.ts';
import { type PermanentError, RetryableError } from '../../runtime/errors.ts';
import type { HttpAnswer, IngestOutcome, Receipt, RequestHead } from '../receiver.ts';
import { mediaType, retryAfterHeader } from '../util/answers.ts';

/** Answers of OTLP/HTTP, in the encoding of the request. https://opentelemetry.io/docs/specs/otlp/#otlphttp-response */

export const PROTOBUF_TYPE = 'application/x-protobuf';
export const JSON_TYPE = 'application/json';

/** Rejected events that a partial success names; the number says how many there were. */
const REJECTIONS_NAMED = 3;
/** An answer must be small (4 MiB at the most); one line of text is what exporters print. */
const MESSAGE_LENGTH_MAX = 1000;
/** For faults of ours: long enough for a supervisor to start us again. */
export const FAULT_RETRY_AFTER_MS = 5000;

/** The answer in words, before it is put into an encoding. */
interface Answer {
  status: number;
  headers: Record<string, string>;
}

export function respond(outcome: IngestOutcome, request: RequestHead): HttpAnswer {
  const isJson = mediaType(request.headers['content-type']) === JSON_TYPE;
  if (outcome.kind === 'failed') return failure(outcome, request, isJson);
  return success(outcome.receipt, isJson);
}

/** Loki answers 204, and exporters set up for it expect that; what was rejected must still be told. */
export function respondAsLoki(outcome: IngestOutcome, request: RequestHead): HttpAnswer {
  if (outcome.kind === 'accepted' && outcome.receipt.rejectedCount === 0) return { status: 204, headers: {}, body: '' };
  return respond(outcome, request);
}

/** ExportLogsServiceResponse. */
function success(receipt: Receipt, isJson: boolean): HttpAnswer {
  const answer = { status: 200, headers: {} };
  if (!isJson) return protobufAnswer(answer, [responseBytes(receipt)]);
  if (receipt.rejectedCount === 0) return jsonAnswer(answer, {});
  const rejectedLogRecords = String(receipt.rejectedCount);
  return jsonAnswer(answer, { partialSuccess: { rejectedLogRecords, errorMessage: rejectionText(receipt) } });
}

/** The same as protobuf: nothing at all when nothing was rejected. */
export function responseBytes(receipt: Receipt): Buffer {
  if (receipt.rejectedCount === 0) return Buffer.alloc(0);
  const text = contentField(2, Buffer.from(rejectionText(receipt)));
  return contentField(1, Buffer.concat([varintField(1, receipt.rejectedCount), text]));
}

function rejectionText({ rejectedCount, rejections }: Receipt): string {
  const named = rejections.slice(0, REJECTIONS_NAMED).map(({ index, field, error }) => {
    return `event ${index}${field === '' ? '' : ` (${field})`}: ${error}`;
  });
  if (rejectedCount > named.length) named.push(`and ${rejectedCount - named.length} more`);
  return shortened(named.join('; '));
}

/** google.rpc.Status. */
function failure(outcome: IngestOutcome & { kind: 'failed' }, request: RequestHead, isJson: boolean): HttpAnswer {
  const { error, requestId } = outcome;
  const isFault = error.status >= 500;
  const answer: Answer = { status: isFault ? 503 : error.status, headers: {} };
  if (error instanceof RetryableError) answer.headers = retryAfterHeader(error);
  else if (isFault) {
    // Exporters retry 429, 502, 503 and 504 only: 500 and 507 would lose what can be sent again.
    answer.headers = retryAfterHeader(new RetryableError(error.code, error.message, FAULT_RETRY_AFTER_MS));
  }
  const message = shortened(error.code === 'internal' ? `${error.message} (request ${requestId})` : error.message);
  const code = grpcCode(error);
  if (isJson) return jsonAnswer(answer, { code, message });
  if (mediaType(request.headers['content-type']) !== PROTOBUF_TYPE) {
    const headers = { ...answer.headers, 'content-type': 'text/plain; charset=utf-8' };
    return { ...answer, headers, body: `${message}\n` };
  }
  return protobufAnswer(answer, [varintField(1, code), contentField(2, Buffer.from(message))]);
}

export function shortened(message: string): string {
  return message.length <= MESSAGE_LENGTH_MAX ? message : `${message.slice(0, MESSAGE_LENGTH_MAX).toWellFormed()}…`;
}

function jsonAnswer({ status, headers }: Answer, body: unknown): HttpAnswer {
  return { status, headers: { ...headers, 'content-type': JSON_TYPE }, body: JSON.stringify(body) };
}

function protobufAnswer({ status, headers }: Answer, fields: readonly Buffer[]): HttpAnswer {
  return { status, headers: { ...headers, 'content-type': PROTOBUF_TYPE }, body: Buffer.concat(fields) };
}

/** Codes of gRPC. https://grpc.io/docs/guides/status-codes/ */
const GRPC_CODES: Partial<Record<ErrorCode, number>> = {
  unauthenticated: 16,
  forbidden: 7,
  origin_refused: 7,
  not_found: 5,
  method_not_allowed: 12,
  rate_limited: 8,
  internal: 13,
};
const INVALID_ARGUMENT = 3;
const UNAVAILABLE = 14;

export function grpcCode(error: PermanentError | RetryableError): number {
  return GRPC_CODES[error.code] ?? (error.status >= 500 ? UNAVAILABLE : INVALID_ARGUMENT);
}

export function varintField(field: number, value: number): Buffer {
  const bytes = Buffer.alloc(1 + varintBytes(value), field << 3);
  writeVarint(bytes, 1, value);
  return bytes;
}

export function contentField(field: number, content: Buffer): Buffer {
  const head = Buffer.alloc(1 + varintBytes(content.length), (field << 3) | 2);
  writeVarint(head, 1, content.length);
  return Buffer.concat([head, content]);
}
