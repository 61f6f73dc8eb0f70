import type { ReceiverProbe } from '../receivers/receiver.ts';
import { isKnownError, type PermanentError, RetryableError } from '../runtime/errors.ts';
import { type Exchange, type IngestHandlerDependencies, readHeldBody, send } from './ingest-handler.ts';

const PROBE_BODY_BYTES_MAX = 64 << 10;

/** Answers a request that brings no events, in the receiver's own words, refusals too. */
export async function answerProbe(
  dependencies: IngestHandlerDependencies,
  probe: ReceiverProbe,
  exchange: Exchange,
): Promise<void> {
  const { head, receiver, request, response, requestId } = exchange;
  const { admission, ingest } = dependencies;
  let orgId: string | null = null;
  let body: Buffer = Buffer.alloc(0);
  let error: PermanentError | RetryableError | null = null;
  try {
    if (probe.needsKey) {
      const secret = receiver.credential?.(head);
      const { remoteAddress } = request.socket;
      const sender = await admission.authorize({ headers: head.headers, secret, remoteAddress });
      admission.checkRoute(sender, false, head.headers.origin);
      orgId = sender.orgId;
    }
    body = await readHeldBody(ingest, request, PROBE_BODY_BYTES_MAX);
  } catch (caught) {
    if (!isKnownError(caught)) dependencies.onFault(caught, requestId);
    error = isKnownError(caught) ? caught : new RetryableError('overloaded', 'a fault of the server', 1000);
  }
  const isReady = ingest.journalFault === null;
  const browserKey = (secret: string) => admission.browserKey(secret);
  const answer = await probe.answer({ head, body, orgId, error, isReady, requestId, browserKey });
  if (answer.status === 401) answer.headers['www-authenticate'] ??= 'Bearer';
  dependencies.onAnswer(receiver.id, answer.status, null);
  if (error !== null) {
    const { code, message } = error;
    const { path } = head;
    const remoteAddress = request.socket.remoteAddress ?? '';
    const attempt = { receiver: receiver.id, orgId, remoteAddress, path, status: answer.status };
    admission.note({ ...attempt, code, reason: message, rejectedEvents: null, body: null });
  }
  // node:http sends no body to HEAD whatever it is given.
  send(request, response, { ...answer, headers: { ...answer.headers, 'x-request-id': requestId } });
}
