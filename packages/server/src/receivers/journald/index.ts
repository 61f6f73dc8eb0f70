import { RetryableError } from '../../runtime/errors.ts';
import type { HttpAnswer, IngestOutcome, Receiver } from '../receiver.ts';
import { retryAfterHeader } from '../util/answers.ts';
import { rejectionReason } from '../util/rejection.ts';
import { decodeExport } from './decode.ts';
import { lastEventEnd } from './split.ts';

/** What systemd-journal-upload sends: the journal in its export format. See README.md. */
export const journald: Receiver = {
  id: 'journald',
  summary: 'What systemd-journal-upload sends',
  routes: [
    {
      method: 'POST',
      path: '/upload',
      contentTypes: ['application/vnd.fdo.journal'],
      // The client says application/vnd.fdo.journal; people who pipe `journalctl -o export` into curl say anything.
      format: () => 'export',
      encodings: () => ['identity', 'gzip', 'deflate', 'zstd'],
      decode: (body, batch) => decodeExport(body, batch),
      split: lastEventEnd,
      respond,
    },
  ],
};

/**
 * The client takes any 2xx for success. After anything else it ends, is started again, and sends from the cursor that it
 * saved last: so what was refused for good is told in a 202, or it would be sent forever.
 */
function respond(outcome: IngestOutcome): HttpAnswer {
  if (outcome.kind === 'accepted') {
    const { rejectedCount, rejections } = outcome.receipt;
    // systemd-journal-remote's own answer.
    if (rejectedCount === 0) return text(202, 'OK.');
    const first = rejections.at(0);
    const cause = first === undefined ? '' : `, the first, event ${first.index}, because: ${rejectionReason(first)}`;
    return text(202, `OK, but ${rejectedCount} rejected${cause}`);
  }
  const { error } = outcome;
  if (!(error instanceof RetryableError)) return text(error.status, error.message);
  return text(error.code === 'rate_limited' ? 429 : 503, error.message, retryAfterHeader(error));
}

function text(status: number, line: string, headers: Record<string, string> = {}): HttpAnswer {
  return { status, headers: { 'content-type': 'text/plain; charset=utf-8', ...headers }, body: `${line}\n` };
}
