import type { Event } from '@tailwater/schema';
import type { DestinationType, EncodedEvent, TestStep } from '../../destinations/destination.ts';
import type { Egress } from '../../runtime/egress/egress.ts';
import { isKnownError } from '../../runtime/errors.ts';
import { placesTold } from './place-steps.ts';
import type { RunnableIntegration } from './sender.ts';

export interface ConnectionTest {
  integration: RunnableIntegration;
  type: DestinationType | undefined;
  egress: Egress;
  timeoutMs: number;
  signal: AbortSignal;
  report(step: TestStep): void;
}

/** Tries an integration's settings: where they lead to, then the destination's own steps. Tells what it finds. */
export async function testConnection(test: ConnectionTest): Promise<void> {
  const { integration, type, signal, timeoutMs } = test;
  if (type === undefined) {
    test.report({ name: 'settings', ok: false, detail: `there is no destination of type ${integration.type}` });
    return;
  }
  const config = type.config.safeParse(integration.config);
  if (!config.success) {
    const issue = config.error.issues[0];
    const field = issue?.path.join('.') ?? '';
    test.report({ name: 'settings', ok: false, detail: issue?.message ?? 'the settings cannot be read', field });
    return;
  }
  const failed = new AbortController();
  let last = 'settings';
  let isOver = false;
  const report = (step: TestStep) => {
    if (isOver) return;
    last = step.name;
    isOver = !step.ok;
    test.report(step);
  };
  const timeout = AbortSignal.timeout(timeoutMs);
  const within = AbortSignal.any([signal, failed.signal, timeout]);
  const egress = placesTold(test.egress, report, () => failed.abort());
  const { secrets } = integration;
  const destination = type.open({ config: config.data, secrets }, { egress });
  try {
    const marked = markedEvent(integration, type, config.data);
    // A destination that does not heed the signal must not keep the user waiting.
    await Promise.race([destination.test(marked, report, within), aborted(within)]);
  } catch (error) {
    if (timeout.aborted)
      report({
        name: 'answer',
        ok: false,
        detail: `After the step \`${last}\` there was no answer within ${timeoutMs / 1000} s.`,
        advice: 'Look whether the destination is up, and whether a firewall between drops what is sent to it.',
      });
    else if (!within.aborted) report(failedStep(error));
  } finally {
    isOver = true;
    await destination.close();
  }
}

function failedStep(error: unknown): TestStep {
  const detail = isKnownError(error) ? error.message : 'a fault of the server, see its log';
  return { name: 'event', ok: false, detail };
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
}

const NO_PLACE = 'f'.repeat(22);

/** An event that anybody can tell from real ones. */
function markedEvent({ orgId, id }: RunnableIntegration, type: DestinationType, config: unknown): EncodedEvent {
  const nowMs = Date.now();
  const event: Event = {
    orgId,
    eventId: NO_PLACE,
    clientEventId: '',
    timestampNs: BigInt(nowMs) * 1_000_000n,
    receivedAtMs: nowMs,
    receiver: 'connection-test',
    logType: 'tailwater',
    eventType: 'connection_test',
    severity: 'info',
    severityNumber: 9,
    message: 'Tailwater connection test: this event was made to try the settings of an integration',
    service: 'tailwater',
    host: '',
    logger: '',
    userId: '',
    resourceId: id,
    resourceType: 'integration',
    action: '',
    traceId: '',
    spanId: '',
    requestId: '',
    durationMs: null,
    cost: null,
    attributes: { tailwater_test: { text: 'true', kind: 'bool' } },
    labels: { service: 'tailwater' },
    retentionDays: 1,
  };
  return { eventId: event.eventId, timestampNs: event.timestampNs, bytes: type.encode(event, config) };
}
