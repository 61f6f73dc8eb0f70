import { PermanentError } from '../../runtime/errors.ts';
import type { HttpAnswer, IngestOutcome, ProbeRequest, Receiver, RequestHead } from '../receiver.ts';
import { errorAnswer, jsonAnswer, mediaType } from '../util/answers.ts';
import { checkOrigin } from '../util/origin.ts';
import { rejectionReason } from '../util/rejection.ts';
import { corsHeaders, preflightHeaders } from './cors.ts';
import { decodeBrowser } from './decode.ts';

const PATH = '/api/browser/logs';
/** What browsers let all beacons and keepalive fetches of a page have under way: https://fetch.spec.whatwg.org/#http-network-or-cache-fetch */
const BODY_BYTES_MAX = 64 << 10;

/** Events that pages send with `navigator.sendBeacon` and fetch, by keys that are public. See README.md. */
export const browser: Receiver = {
  id: 'browser',
  summary: 'Events of web pages, sent with `navigator.sendBeacon` or fetch',
  keyPlaces: ['?key=KEY'],
  routes: [
    {
      method: 'POST',
      path: PATH,
      contentTypes: ['text/plain', 'application/json', 'application/x-ndjson'],
      format,
      encodings: () => ['identity'],
      decode: (body, batch) => decodeBrowser(body, batch),
      respond,
      bodyBytesMax: BODY_BYTES_MAX,
      forBrowsers: true,
    },
  ],
  probes: [{ methods: ['OPTIONS'], path: PATH, needsKey: false, answer: answerPreflight }],
  credential,
};

/** A beacon carries no header of the page's choice, so the key may stand in the query. */
function credential({ query, headers }: RequestHead): string | undefined {
  return query.get('key') ?? headers['x-api-key'];
}

/** A string is sent as text/plain, a Blob without a type as nothing: neither needs a preflight. */
const MEDIA_TYPE = /^(|text\/plain|application\/(json|x-ndjson))$/;

function format({ headers }: RequestHead): string {
  if (MEDIA_TYPE.test(mediaType(headers['content-type']))) return 'json';
  const message = 'this path reads JSON: send it as text/plain or application/json';
  throw new PermanentError('unsupported_media_type', message, 'Content-Type');
}

function respond(outcome: IngestOutcome, { headers }: RequestHead): HttpAnswer {
  const answer = answerOf(outcome);
  // Whose request it is is known only once the origin was found in the key's list.
  if (outcome.orgId === null || headers.origin === undefined) return answer;
  return { ...answer, headers: { ...answer.headers, ...corsHeaders(headers.origin) } };
}

function answerOf(outcome: IngestOutcome): HttpAnswer {
  if (outcome.kind === 'failed') return errorAnswer(outcome);
  const { accepted, rejectedCount, rejections } = outcome.receipt;
  if (rejectedCount === 0) return { status: 204, headers: {}, body: '' };
  const rejected = rejections.map(({ index, field, error }) => ({ index, field, error }));
  if (accepted > 0) return jsonAnswer(202, { accepted, rejected, rejected_total: rejectedCount });
  const [first] = rejections;
  const cause = first === undefined ? '' : `, the first because: ${rejectionReason(first)}`;
  const error = {
    code: first?.code ?? 'invalid_body',
    message: `all ${rejectedCount} events were rejected${cause}`,
    request_id: outcome.requestId,
  };
  return jsonAnswer(400, { error, accepted, rejected, rejected_total: rejectedCount });
}

/**
 * A preflight says which headers it will bring, not what is in them: only a key in the query can be looked up.
 * @throws PermanentError `forbidden` or `origin_refused`, to be asked again with it.
 */
async function answerPreflight({ head, error, requestId, browserKey }: ProbeRequest): Promise<HttpAnswer> {
  if (error !== null) return errorAnswer({ kind: 'failed', error, orgId: null, requestId });
  const { origin } = head.headers;
  const secret = head.query.get('key') ?? '';
  const key = secret === '' ? null : await browserKey(secret);
  if (key === null) throw new PermanentError('forbidden', 'a preflight needs a browser key in the query, `?key=`');
  checkOrigin(key.origins, origin);
  return { status: 204, headers: preflightHeaders(origin!), body: '' };
}
