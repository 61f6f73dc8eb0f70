import type { z } from 'zod';
import type { Delivery, IntegrationStatus, ReplayProgress } from '../../../consumers/destination-sender/sender.ts';
import type { Integrations } from '../../../control/integrations/integrations.ts';
import type { Integration, TestOutcome, TimedStep } from '../../../control/integrations/rows.ts';
import { formatTime } from '../../../query/time.ts';
import { formatMs } from '../../render-event.ts';
import type {
  deliveryListSchema,
  integrationSchema,
  replayProgressSchema,
  testOutcomeSchema,
} from '../../wire/log-integrations.ts';

type Rendered = z.output<typeof integrationSchema>;

const orNull = (ms: number | null): string | null => (ms === null ? null : formatMs(ms));

export function renderIntegration(integrations: Integrations, integration: Integration): Rendered {
  const { id, filter, delivery, lastTest } = integration;
  return {
    id,
    type: integration.type,
    name: integration.name,
    enabled: integration.enabled,
    disabled_reason: integration.disabledReason,
    managed_by: integration.fromEnvironment ? 'environment' : 'api',
    config: integration.config as Record<string, unknown>,
    secrets: renderSecrets(integrations, integration),
    filter: {
      log_types: [...filter.logTypes],
      event_types: [...filter.eventTypes],
      min_severity: filter.minSeverity,
      attributes: Object.fromEntries(filter.attributes.map(({ name, value }) => [name, value])),
      sample_rate: filter.sampleRate,
    },
    delivery: {
      events_per_second_max: delivery.eventsPerSecondMax,
      journal_bytes_max: delivery.journalBytesMax,
      when_full: delivery.whenFull,
      retry_age_max_ms: delivery.retryAgeMsMax,
    },
    status: renderStatus(integrations, integration),
    replay: renderReplay(integrations, id),
    last_test_status: lastTest?.status ?? null,
    last_test_at: orNull(lastTest?.atMs ?? null),
    last_test_steps: (lastTest?.steps ?? []).map(renderStep),
    created_at: formatMs(integration.createdAtMs),
    updated_at: formatMs(integration.updatedAtMs),
  };
}

/** Those of the type that are not set are shown too; a type of a later version shows what is kept. */
function renderSecrets({ types }: Integrations, { type, secrets }: Integration): Rendered['secrets'] {
  const names = types.get(type)?.secrets.map(({ name }) => name) ?? Object.keys(secrets);
  return Object.fromEntries(
    names.map((name) => [
      name,
      { set: secrets[name] !== undefined, updated_at: orNull(secrets[name]?.updatedAtMs ?? null) },
    ]),
  );
}

/** Of one that the sender does not have, or not yet. */
const NO_STATUS: IntegrationStatus = {
  state: 'idle',
  lagEvents: 0,
  lagBytes: 0,
  lagSeconds: 0,
  delivered: 0,
  rejected: 0,
  skipped: 0,
  lastError: null,
  lastDeliveryAtMs: null,
  nextAttemptAtMs: null,
  circuit: 'closed',
};

function renderStatus(integrations: Integrations, { id, enabled }: Integration): Rendered['status'] {
  const problem = integrations.problemOf(id);
  const status = integrations.sender.status(id) ?? NO_STATUS;
  return {
    state: enabled ? (problem === null ? status.state : 'stopped') : 'disabled',
    lag_events: status.lagEvents,
    lag_bytes: status.lagBytes,
    lag_seconds: status.lagSeconds,
    delivered: status.delivered,
    rejected: status.rejected,
    skipped: status.skipped,
    last_error: problem ?? integrations.stripped(id, status.lastError),
    last_delivery_at: orNull(status.lastDeliveryAtMs),
    next_attempt_at: orNull(status.nextAttemptAtMs),
    circuit: status.circuit,
  };
}

export function renderReplay(integrations: Integrations, id: string): z.output<typeof replayProgressSchema> | null {
  const progress: ReplayProgress | null = integrations.sender.replayProgress(id);
  if (progress === null) return null;
  return {
    state: progress.state,
    from: formatTime(progress.fromNs),
    to: formatTime(progress.toNs),
    started_at: formatMs(progress.startedAtMs),
    ended_at: orNull(progress.endedAtMs),
    total: progress.total,
    delivered: progress.delivered,
    rejected: progress.rejected,
    reached: progress.reachedNs === null ? null : formatTime(progress.reachedNs),
    error: integrations.stripped(id, progress.error),
  };
}

export function renderTest({ status, atMs, steps }: TestOutcome): z.output<typeof testOutcomeSchema> {
  return { status, tested_at: formatMs(atMs), steps: steps.map(renderStep) };
}

export function renderStep({ tookMs, ...step }: TimedStep): z.output<typeof testOutcomeSchema>['steps'][number] {
  return { ...step, ...(tookMs !== undefined && { took_ms: tookMs }) };
}

export function renderDeliveries(integrations: Integrations, id: string): z.output<typeof deliveryListSchema> {
  const render = (delivery: Delivery) => ({
    time: formatMs(delivery.atMs),
    events: delivery.events,
    bytes_sent: delivery.bytesSent,
    status: delivery.status,
    latency_ms: delivery.latencyMs,
    error: integrations.stripped(id, delivery.error),
    attempt: delivery.attempt,
    replay: delivery.replay,
  });
  return { deliveries: integrations.sender.deliveries(id).map(render) };
}
