import { z } from 'zod';
import type { EgressResponse } from '../../runtime/egress/egress.ts';
import { PermanentError, RetryableError } from '../../runtime/errors.ts';
import type { DeliveryResult } from '../destination.ts';
import { readJson, type Strip, tellText } from '../util/answers.ts';

const errorSchema = z.object({ type: z.string().optional(), reason: z.string().optional() });
const answerSchema = z.object({
  errors: z.boolean(),
  items: z.array(z.record(z.string(), z.object({ status: z.number(), error: errorSchema.optional() }))).optional(),
});

/** Asks for no more than is read: an answer of thousands of items is large. */
export const FILTER_PATH = 'errors,items.*.status,items.*.error.type,items.*.error.reason';

type Parts = Pick<DeliveryResult, 'rejected' | 'again'>;

/**
 * What became of each item. 409 is done: an event of that id is there. Throws when the answer is none of a bulk, or when
 * all items were refused for what no event is at fault for.
 */
export function readBulkAnswer({ body }: EgressResponse, count: number, strip: Strip): Parts {
  const answer = readJson(body, answerSchema);
  const items = answer?.items ?? [];
  if (answer === null || (answer.errors && items.length !== count)) {
    throw new RetryableError('destination_unavailable', 'The answer is not that of a `_bulk` request.', 0);
  }
  const rejected: Parts['rejected'][number][] = [];
  const again: Parts['again'][number][] = [];
  for (const [index, item] of items.entries()) {
    const [result] = Object.values(item);
    const status = result?.status ?? 500;
    if (status < 300 || status === 409) continue;
    const reason = tellText(`${status} ${result?.error?.type ?? ''}: ${result?.error?.reason ?? ''}`, strip);
    if (status === 401 || status === 403 || status === 404) throw refusedTarget(status, reason);
    (status === 429 || status >= 500 ? again : rejected).push({ index, reason });
  }
  return { rejected, again };
}

/** The stream is missing, blocked or not allowed: it is the same for every event, so all of them wait. */
function refusedTarget(status: number, reason: string): PermanentError {
  const field = status === 404 ? 'data_stream' : undefined;
  return new PermanentError('destination_unauthorized', `The cluster answered ${reason}.`, field);
}
