import { testConnection } from '../../src/consumers/destination-sender/connection-test.ts';
import type {
  DestinationSender,
  ReplayProgress,
  RunnableIntegration,
} from '../../src/consumers/destination-sender/sender.ts';
import type { DestinationType, TestStep } from '../../src/destinations/destination.ts';
import type { Egress } from '../../src/runtime/egress/egress.ts';

/**
 * The sender where there is no journal: it delivers nothing, and knows what it was told. Connections are tried for true.
 */
export interface LocalSender extends DestinationSender {
  /** The last set. */
  configured: readonly RunnableIntegration[];
  forgotten: string[];
}

export function localSender(types: ReadonlyMap<string, DestinationType>, egress: Egress): LocalSender {
  const replays = new Map<string, ReplayProgress>();
  const sender: LocalSender = {
    configured: [],
    forgotten: [],
    configure: (integrations) => {
      sender.configured = integrations;
    },
    forget: async (id) => {
      sender.forgotten.push(id);
    },
    test: async function* (integration, signal) {
      const steps: TestStep[] = [];
      const type = types.get(integration.type);
      const timeoutMs = 10_000;
      await testConnection({ integration, type, egress, timeoutMs, signal, report: (step) => steps.push(step) });
      yield* steps;
    },
    status: () => null,
    place: () => null,
    deliveries: () => [],
    replay: (id, range) => {
      const none = { endedAtMs: null, total: null, reachedNs: null, error: null };
      replays.set(id, { ...range, ...none, state: 'running', startedAtMs: 1000, delivered: 0, rejected: 0 });
    },
    replayProgress: (id) => replays.get(id) ?? null,
    cancelReplay: (id) => {
      const progress = replays.get(id);
      if (progress !== undefined) replays.set(id, { ...progress, state: 'cancelled', endedAtMs: 2000 });
    },
    redeliver: () => Promise.reject(new Error('nothing is delivered here')),
    connect: () => {},
    onDisabled: () => {},
    close: async () => {},
  };
  return sender;
}
