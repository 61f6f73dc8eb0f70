import type { ErrorCode } from '@tailwater/schema';
import type { EgressResponse } from '../../runtime/egress/egress.ts';
import { PermanentError, RetryableError } from '../../runtime/errors.ts';
import { failureOf } from './answers.ts';
import { secretStripper } from './secrets.ts';
import type { Advice, AdviceOf } from './test-steps.ts';

/** Takes secrets out of a text, see `secretStripper`. */
export type Strip = (text: string) => string;

/** What requests carry that was made of secrets: tokens, signatures, temporary credentials. */
const DERIVED = /\b(Bearer|SharedKey|Signature=|sig=|x-amz-security-token["':= ]+|assertion=)\s*[^\s"',;&]+/gi;

/** As `secretStripper`, and without what is made of secrets. */
export function cloudStripper(secrets: Readonly<Record<string, string>>): Strip {
  const strip = secretStripper(secrets);
  return (text) => strip(text).replace(DERIVED, '$1 ***');
}

/** Why a cloud did not do what it was asked, in words for the user. */
export interface Refusal extends Partial<Advice> {
  code: ErrorCode;
  /** What came back: no secrets. */
  detail: string;
  /** Set when it may work later, ms; 0: the cloud did not say when. */
  retryAfterMs?: number;
}

const refusals = new WeakMap<PermanentError | RetryableError, Refusal>();

/** The refusal as one of the two errors that cross a boundary. `adviceOfRefusal` finds what the cloud's own code means. */
export function errorOfRefusal(refusal: Refusal): PermanentError | RetryableError {
  const { code, detail, field, retryAfterMs } = refusal;
  const error =
    retryAfterMs === undefined
      ? new PermanentError(code, detail, field)
      : new RetryableError(code, detail, retryAfterMs);
  refusals.set(error, refusal);
  return error;
}

/** For the steps of a connection test. */
export const adviceOfRefusal: AdviceOf = (error) => {
  const { field, advice } = refusals.get(error) ?? {};
  return advice === undefined ? undefined : { advice, ...(field === undefined ? {} : { field }) };
};

/** What the status alone means; `detail` tells the answer better than its body would, which is in a cloud's own form. */
export function refusalOfStatus(response: EgressResponse, detail: string, strip: Strip): Refusal {
  const failure = failureOf(response, strip);
  const isRedirect = response.status >= 300 && response.status < 400;
  return {
    code: failure.code,
    detail: isRedirect ? failure.message : detail,
    ...(failure instanceof RetryableError ? { retryAfterMs: failure.retryAfterMs } : {}),
  };
}
