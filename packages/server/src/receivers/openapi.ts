import type { ErrorCode } from '@tailwater/schema';
import { PermanentError, RetryableError } from '../runtime/errors.ts';
import type { HttpAnswer, IngestOutcome, Receipt, Receiver, ReceiverRoute, RequestHead } from './receiver.ts';

/** Paths of an OpenAPI document: operations by method by path. */
export type OpenApiPaths = Record<string, Record<string, object>>;

/** The receivers' paths for /api/openapi.json, made of what the contract says of each route. */
export function receiverPaths(receivers: readonly Receiver[]): OpenApiPaths {
  const paths: OpenApiPaths = {};
  for (const receiver of receivers) {
    for (const route of receiver.routes) {
      const path = route.path.replace(/:(\w+)/g, '{$1}');
      paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationOf(receiver, route) };
    }
  }
  return paths;
}

function operationOf(receiver: Receiver, route: ReceiverRoute): object {
  const names = [...route.path.matchAll(/:(\w+)/g)].map(([, name]) => name);
  const schema = { type: 'string' };
  return {
    tags: ['receivers'],
    summary: receiver.summary,
    description: descriptionOf(receiver, route),
    security: [{ bearer: [] }, { apiKey: [] }, { basic: [] }],
    ...(names.length > 0 && { parameters: names.map((name) => ({ in: 'path', name, required: true, schema })) }),
    requestBody: {
      required: true,
      // What is in them is the protocol's own: receivers/<id>/README.md.
      content: Object.fromEntries(route.contentTypes.map((type) => [type, { schema: {} }])),
    },
    responses: responsesOf(route),
  };
}

function descriptionOf({ id, keyPlaces = [] }: Receiver, route: ReceiverRoute): string {
  const words = [`Receiver \`${id}\`. Content-Encoding: ${encodingsOf(route).join(', ')}.`];
  if (route.forBrowsers === true) words.push('Takes browser keys only.');
  else words.push('Needs the scope `ingest`.');
  if (keyPlaces.length > 0) words.push(`The API key may also come as ${keyPlaces.map(code).join(', ')}.`);
  return words.join(' ');
}

/** Every encoding that one of the route's formats may have. */
export function encodingsOf(route: ReceiverRoute): readonly string[] {
  const formats = route.contentTypes.map((type) => route.format(headOf(route, type)));
  return [...new Set(formats.flatMap((format) => route.encodings(format)))];
}

export function headOf({ method, path }: ReceiverRoute, contentType: string): RequestHead {
  return { method, path, query: new URLSearchParams(), params: {}, headers: { 'content-type': contentType } };
}

const code = (text: string) => `\`${text}\``;

const NOTHING: Receipt = { accepted: 0, rejectedCount: 0, rejections: [], position: null };
const REJECTIONS = [{ index: 0, code: 'invalid_field', field: 'x', error: 'is refused' }] as const;
const REQUEST = { orgId: '', requestId: '' };
const accepted = (receipt: Partial<Receipt>): IngestOutcome => ({
  ...{ kind: 'accepted', ...REQUEST },
  receipt: { ...NOTHING, ...receipt },
});
const refused = (error: PermanentError | RetryableError): IngestOutcome => ({ kind: 'failed', error, ...REQUEST });
const permanent = (of: ErrorCode) => refused(new PermanentError(of, ''));
const retryable = (of: ErrorCode) => refused(new RetryableError(of, '', 1000));

/** What may become of a request: each route has its protocol's status for it. */
const OUTCOMES: readonly [string, IngestOutcome][] = [
  ['the events are durable', accepted({ accepted: 1 })],
  ['some events are, others were rejected', accepted({ accepted: 1, rejectedCount: 1, rejections: REJECTIONS })],
  ['every event was rejected', accepted({ rejectedCount: 1, rejections: REJECTIONS })],
  ['the body cannot be read', permanent('invalid_body')],
  ['no valid API key', permanent('unauthenticated')],
  ['the key may not send here', permanent('forbidden')],
  ['larger than a limit', permanent('payload_too_large')],
  ['a Content-Type or Content-Encoding that is not read', permanent('unsupported_media_type')],
  ['a rate limit or quota; see Retry-After', retryable('rate_limited')],
  ['overload; see Retry-After', retryable('overloaded')],
];

/** Each status that the route answers with, and when. */
export function statusesOf(route: ReceiverRoute): Map<number, { when: string[]; answer: HttpAnswer }> {
  const head = headOf(route, route.contentTypes[0]);
  const statuses = new Map<number, { when: string[]; answer: HttpAnswer }>();
  for (const [when, outcome] of OUTCOMES) {
    const answer = route.respond(outcome, head);
    const known = statuses.get(answer.status);
    if (known === undefined) statuses.set(answer.status, { when: [when], answer });
    else known.when.push(when);
  }
  return statuses;
}

function responsesOf(route: ReceiverRoute): object {
  const responses: Record<string, object> = {};
  for (const [status, { when, answer }] of statusesOf(route)) {
    const type = answer.headers['content-type'];
    responses[status] = {
      description: when.join('; '),
      ...(type !== undefined && { content: { [type]: { schema: {} } } }),
    };
  }
  return responses;
}
