import { PermanentError } from '../../runtime/errors.ts';
import type { HttpAnswer, IngestOutcome, Receipt, Receiver, RequestHead } from '../receiver.ts';
import { type ErrorBody, errorAnswer, jsonAnswer, mediaType } from '../util/answers.ts';
import { decodeJson } from './decode.ts';

/** The platform's own JSON: one event, an array, or NDJSON. See README.md. */
export const ndjson: Receiver = {
  id: 'ndjson',
  summary: 'JSON: one event, an array, or NDJSON',
  routes: [
    {
      method: 'POST',
      path: '/api/logs',
      contentTypes: ['application/json', 'application/x-ndjson'],
      format,
      encodings: () => ['identity', 'gzip', 'deflate', 'zstd', 'snappy'],
      decode: (body, batch) => decodeJson(body, batch),
      respond,
      takesSequences: true,
    },
  ],
};

/**
 * Types under which JSON is sent. The bytes say what it is; the type only keeps out what cannot be JSON. curl's -d says
 * form-urlencoded, and many clients say text/plain or nothing.
 */
const MEDIA_TYPE =
  /^(|application\/(.+\+)?(json|x-json|json-lines|jsonlines|jsonl|x-jsonlines|ndjson|x-ndjson|json-seq)|application\/octet-stream|application\/x-www-form-urlencoded|text\/.+)$/;

function format({ headers }: RequestHead): string {
  const type = mediaType(headers['content-type']);
  if (MEDIA_TYPE.test(type)) return 'json';
  throw new PermanentError(
    'unsupported_media_type',
    'this path reads JSON: send application/json or application/x-ndjson',
    'Content-Type',
  );
}

/** What became of the events, as `POST /api/logs` answers it. */
interface Answer {
  /** Present when every event was rejected. */
  error?: ErrorBody;
  accepted: number;
  rejected: { index: number; field: string; error: string }[];
  /** Present when more were rejected than are listed. */
  rejected_total?: number;
  /** The journal position of the accepted events, as text: it may outgrow what readers of JSON numbers hold. */
  position: string | null;
  /** Present with `?ack=stored`: whether the events can be found now. */
  stored?: boolean;
}

function respond(outcome: IngestOutcome): HttpAnswer {
  if (outcome.kind === 'failed') return errorAnswer(outcome);
  const { receipt, requestId } = outcome;
  const answer = answerOf(receipt);
  if (receipt.accepted > 0 || receipt.rejectedCount === 0) return jsonAnswer(202, answer);
  return jsonAnswer(400, { error: allRejected(receipt, requestId), ...answer });
}

function allRejected({ rejectedCount, rejections }: Receipt, requestId: string): ErrorBody {
  const first = rejections.at(0);
  const cause = first === undefined ? '' : `, the first because: ${first.error}`;
  const body: ErrorBody = {
    code: first?.code ?? 'invalid_body',
    message: `all ${rejectedCount} events were rejected${cause}`,
    request_id: requestId,
  };
  return first === undefined || first.field === '' ? body : { ...body, field: first.field };
}

function answerOf({ accepted, rejectedCount, rejections, position, stored }: Receipt): Answer {
  const rejected = rejections.map(({ index, field, error }) => ({ index, field, error }));
  const answer: Answer = { accepted, rejected, position: position === null ? null : String(position) };
  if (rejectedCount > rejected.length) answer.rejected_total = rejectedCount;
  if (stored !== undefined) answer.stored = stored;
  return answer;
}
