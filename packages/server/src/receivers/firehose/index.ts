import { PermanentError, RetryableError } from '../../runtime/errors.ts';
import type { HttpAnswer, IngestOutcome, Receiver, ReceiverRoute, RequestHead } from '../receiver.ts';
import { jsonAnswer, retryAfterHeader } from '../util/answers.ts';
import { rejectionReason } from '../util/rejection.ts';
import { decodeFirehose } from './decode.ts';
import { revealFirehose } from './reveal.ts';
import { formatOf } from './surroundings.ts';

/** What Amazon Data Firehose sends to an HTTP endpoint. See README.md. */
export const firehose: Receiver = {
  id: 'firehose',
  summary: 'Amazon Data Firehose, with CloudWatch Logs subscriptions unpacked',
  keyPlaces: ['X-Amz-Firehose-Access-Key: KEY'],
  routes: [route('/api/firehose'), route('/aws/firehose')],
  credential: ({ headers }) => headers['x-amz-firehose-access-key'],
};

function route(path: string): ReceiverRoute {
  return {
    method: 'POST',
    path,
    contentTypes: ['application/json'],
    format,
    encodings: () => ['identity', 'gzip'],
    decode: decodeFirehose,
    reveal: revealFirehose,
    respond,
  };
}

function format({ headers }: RequestHead): string {
  const version = headers['x-amz-firehose-protocol-version'];
  if (version !== undefined && version !== '1.0') {
    const shown = version.slice(0, 20);
    throw new PermanentError('invalid_body', `Firehose protocol version "${shown}" is not 1.0, the only one there is`);
  }
  return formatOf(headers['x-amz-firehose-common-attributes'], headers['x-amz-firehose-source-arn']);
}

/** Longest `errorMessage` that Firehose takes. */
const MESSAGE_LENGTH_MAX = 8192;

/**
 * Firehose takes for success only a 200 whose body names the request's id; anything else is sent again until the
 * stream's retry duration is over, then goes to its backup bucket. So events that were refused for good are told in a 200.
 * https://docs.aws.amazon.com/firehose/latest/dev/httpdeliveryrequestresponse.html#responseformat
 */
function respond(outcome: IngestOutcome, { headers }: RequestHead): HttpAnswer {
  const sentId = headers['x-amz-firehose-request-id'];
  const timestamp = Date.now();
  if (outcome.kind === 'accepted') {
    const { reply, rejectedCount, rejections } = outcome.receipt;
    const body = { requestId: sentId ?? reply ?? '', timestamp };
    if (rejectedCount === 0) return answer(200, body);
    const [first] = rejections;
    const cause = first === undefined ? '' : `, the first because: ${rejectionReason(first)}`;
    return answer(200, { ...body, errorMessage: shortened(`${rejectedCount} rejected${cause}`) });
  }
  const { error } = outcome;
  const body = { requestId: sentId ?? '', timestamp, errorMessage: shortened(error.message) };
  if (!(error instanceof RetryableError)) return answer(error.status, body);
  return answer(error.code === 'rate_limited' ? 429 : 503, body, retryAfterHeader(error));
}

function shortened(message: string): string {
  return message.slice(0, MESSAGE_LENGTH_MAX).toWellFormed();
}

/** Firehose asks for exactly this Content-Type, without a charset. */
function answer(status: number, body: object, headers: Record<string, string> = {}): HttpAnswer {
  return jsonAnswer(status, body, { ...headers, 'content-type': 'application/json' });
}
