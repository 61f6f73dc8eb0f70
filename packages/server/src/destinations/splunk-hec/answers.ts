import { z } from 'zod';
import type { EgressResponse } from '../../runtime/egress/egress.ts';
import { PermanentError, RetryableError } from '../../runtime/errors.ts';
import { failureOf, readJson, retryAfterMs, type Strip, tellText } from '../util/answers.ts';

const answerSchema = z.looseObject({
  text: z.string(),
  code: z.number(),
  'invalid-event-number': z.number().int().nonnegative().optional(),
  ackId: z.number().optional(),
});
export type HecAnswer = z.infer<typeof answerSchema>;

/** Codes of HEC: https://docs.splunk.com/Documentation/Splunk/latest/Data/TroubleshootHTTPEventCollector */
export const CODE_NO_DATA = 5;
const CODE_WRONG_INDEX = 7;
const CODES_TOKEN: readonly number[] = [1, 2, 3, 4, 21, 22];
/** Busy, unhealthy, shutting down, queues or acknowledgements at capacity. */
const CODES_LATER: readonly number[] = [8, 9, 18, 19, 20, 23, 24, 25, 26, 27];
/** No channel, an invalid one, acknowledgement is off, no query authentication. */
const CODES_SETTING: Readonly<Record<number, string>> = { 10: 'acknowledge', 11: 'acknowledge', 14: 'acknowledge' };

export function readAnswer({ body }: EgressResponse): HecAnswer | null {
  return readJson(body, answerSchema);
}

/** Rule D4 for an answer that is no success: the code says more than the status. */
export function hecFailure(response: EgressResponse, strip: Strip): PermanentError | RetryableError {
  const answer = readAnswer(response);
  if (answer === null) return failureOf(response, strip);
  const { code } = answer;
  const told = `Splunk answered ${response.status}, code ${code}: ${tellText(answer.text, strip)}.`;
  if (CODES_TOKEN.includes(code)) return new PermanentError('destination_unauthorized', told, 'token');
  if (CODES_LATER.includes(code)) {
    return new RetryableError('destination_unavailable', told, retryAfterMs(response.headers));
  }
  // Each event names that index, and none is at fault: they wait until it is set right.
  if (code === CODE_WRONG_INDEX) return new PermanentError('destination_unauthorized', told, 'index');
  const setting = CODES_SETTING[code];
  if (setting !== undefined) return new PermanentError('destination_unauthorized', told, setting);
  return failureOf(response, strip);
}
