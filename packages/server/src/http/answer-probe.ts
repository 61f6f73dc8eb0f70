import type { HttpAnswer, ReceiverProbe } from '../receivers/receiver.ts';
import { isKnownError, type PermanentError, RetryableError } from '../runtime/errors.ts';
import { type Exchange, type IngestHandlerDependencies, readHeldBody, send } from './ingest-handler.ts';
import { pathWithoutKey } from './without-key.ts';

const PROBE_BODY_BYTES_MAX = 64 << 10;

/** Answers a request that brings no events, in the receiver's own words, refusals too. */
export async function answerProbe(
  dependencies: IngestHandlerDependencies,
  probe: ReceiverProbe,
  exchange: Exchange,
): Promise<void> {
  const { head, receiver, request, response, requestId } = exchange;
  const { admission, ingest } = dependencies;
  const secret = receiver.credential?.(head);
  let orgId: string | null = null;
  let body: Buffer = Buffer.alloc(0);
  let error: PermanentError | RetryableError | null = null;
  try {
    if (probe.needsKey) {
      const { remoteAddress } = request.socket;
      const sender = await admission.authorize({ headers: head.headers, secret, remoteAddress });
      admission.checkRoute(sender, false, head.headers.origin);
      orgId = sender.orgId;
    }
    body = await readHeldBody(ingest, request, PROBE_BODY_BYTES_MAX);
  } catch (caught) {
    error = knownError(dependencies, caught, requestId);
  }
  const isReady = ingest.journalFault === null;
  const browserKey = (secret: string) => admission.browserKey(secret);
  const question = { head, body, orgId, isReady, requestId, browserKey };
  let answer: HttpAnswer;
  try {
    answer = await probe.answer({ ...question, error });
  } catch (caught) {
    error = knownError(dependencies, caught, requestId);
    answer = await probe.answer({ ...question, error });
  }
  if (answer.status === 401) answer.headers['www-authenticate'] ??= 'Bearer';
  dependencies.onAnswer(receiver.id, answer.status, null);
  if (error !== null) {
    const { code, message } = error;
    const path = pathWithoutKey(head, secret);
    orgId ??= await admission.orgOfRefused(code, { headers: head.headers, secret });
    const remoteAddress = request.socket.remoteAddress ?? '';
    const attempt = { receiver: receiver.id, orgId, remoteAddress, path, status: answer.status };
    admission.note({ ...attempt, code, reason: message, rejectedEvents: null, body: null });
  }
  // node:http sends no body to HEAD whatever it is given.
  send(request, response, { ...answer, headers: { ...answer.headers, 'x-request-id': requestId } });
}

/** The error, if it is one that may be told; a fault of ours is reported and told as such. */
function knownError(
  { onFault }: IngestHandlerDependencies,
  error: unknown,
  requestId: string,
): PermanentError | RetryableError {
  if (isKnownError(error)) return error;
  onFault(error, requestId);
  return new RetryableError('overloaded', 'a fault of the server', 1000);
}
