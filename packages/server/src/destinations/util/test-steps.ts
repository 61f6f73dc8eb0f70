import { describeConnectionFailure } from '../../runtime/egress/failures.ts';
import { isKnownError, type PermanentError, type RetryableError } from '../../runtime/errors.ts';
import type { DeliveryBatch, DeliveryResult, EncodedEvent, TestStep } from '../destination.ts';
import { isWrongAddress } from './answers.ts';

/** Which setting is wrong, and how to mend it. */
export interface Advice {
  field?: string;
  advice: string;
}

/** What a destination knows about a failure beyond its code; undefined: nothing. */
export type AdviceOf = (error: PermanentError | RetryableError) => Advice | undefined;

export interface StepRun {
  report: (step: TestStep) => void;
  signal: AbortSignal;
  advise: AdviceOf;
}

/** Does one step and tells it. `work` answers what came back, or throws. Whether it went well. */
export async function runStep(name: string, run: StepRun, work: () => Promise<string>): Promise<boolean> {
  try {
    run.report({ name, ok: true, detail: await work() });
    return true;
  } catch (error) {
    if (run.signal.aborted || !isKnownError(error)) throw error;
    run.report({ name, ok: false, detail: error.message, ...(run.advise(error) ?? commonAdvice(error)) });
    return false;
  }
}

/** Delivers the marked event as a batch of its own. */
export function runMarkedEvent(
  marked: EncodedEvent,
  run: StepRun,
  deliver: (batch: DeliveryBatch, signal: AbortSignal) => Promise<DeliveryResult>,
): Promise<boolean> {
  let refusal: string | undefined;
  const step = { ...run, report: (told: TestStep) => run.report(refusal === undefined ? told : refused(refusal)) };
  return runStep('event', step, async () => {
    const batch = { id: `test-${marked.eventId}`, orgId: '', events: [marked] };
    const { status, rejected, again } = await deliver(batch, run.signal);
    refusal = (rejected[0] ?? again[0])?.reason;
    return `The destination took one marked event and answered ${status}.`;
  }).then((ok) => ok && refusal === undefined);
}

function refused(reason: string): TestStep {
  return {
    name: 'event',
    ok: false,
    detail: `The destination refused the marked event: ${reason}`,
    advice: 'Change what the reason names, often the payload mapping or the target.',
  };
}

/** By the code alone: the same for every destination. */
function commonAdvice(error: PermanentError | RetryableError): Advice | undefined {
  switch (error.code) {
    case 'destination_unauthorized':
      return { advice: 'Set credentials that are valid and may write here.', ...fieldOf(error) };
    case 'destination_unavailable':
    case 'egress_denied':
      if (isWrongAddress(error))
        return { advice: 'Check the address and its path; what answers there takes no events.' };
      return { advice: describeConnectionFailure(error).advice };
    case 'destination_gone':
      return { advice: 'The receiver wants nothing more. Set another address.' };
    default:
      return { advice: 'The message of the destination says what it expects.', ...fieldOf(error) };
  }
}

function fieldOf(error: PermanentError | RetryableError): { field?: string } {
  return 'field' in error && error.field !== undefined ? { field: error.field } : {};
}

/** Beyond it, signatures and tokens of clouds are refused. Ms. */
const CLOCK_SKEW_MS_MAX = 5 * 60_000;

/** By how much this machine's clock is off, told from the `Date` of an answer; undefined when it is near enough. */
export function clockAdvice(headers: Readonly<Record<string, string>>, nowMs = Date.now()): Advice | undefined {
  const skewMs = nowMs - Date.parse(headers.date ?? '');
  if (!(Math.abs(skewMs) > CLOCK_SKEW_MS_MAX)) return undefined;
  const minutes = Math.round(Math.abs(skewMs) / 60_000);
  const way = skewMs > 0 ? 'ahead of' : 'behind';
  return { advice: `This server's clock is ${minutes} minutes ${way} the destination's. Set it by NTP.` };
}
