import type { Config } from './config.ts';
import { createDestinationSender } from './consumers/destination-sender/client.ts';
import { createDestinationMetrics } from './consumers/destination-sender/metrics.ts';
import type { DestinationSender } from './consumers/destination-sender/sender.ts';
import type { JournalFloor } from './journal/floor.ts';
import type { Parts } from './parts.ts';
import type { PolicySettings } from './runtime/egress/policy.ts';

/** The rules of `egress`, but for ports of this server, which are known once it listens. */
export function egressRules({ egress: { mode, allow, plainHttp } }: Config): Omit<PolicySettings, 'ownPorts'> {
  return { mode, allow, plainHttp: plainHttp === 'on' };
}

/** What delivers to destinations. It does nothing until it is configured, and until then the whole journal is kept. */
export function openSender(
  {
    config,
    paths,
    ingest,
    telemetry,
    log,
    runner,
  }: Pick<Parts, 'config' | 'paths' | 'ingest' | 'telemetry' | 'log' | 'runner'>,
  { floor, ownPorts }: { floor: JournalFloor; ownPorts: () => readonly number[] },
): DestinationSender {
  const sender = createDestinationSender({
    journalDir: paths.journalDir,
    cursorDir: paths.cursorDir,
    undeliveredDir: paths.undeliveredDir,
    progress: ingest.progress,
    node: config.node,
    floor,
    egress: () => ({ ...egressRules(config), ownPorts: ownPorts() }),
    onReport: createDestinationMetrics(telemetry.registry),
    onFault: (error, integration) =>
      integration === null
        ? log.error({ err: error }, 'the thread that delivers to destinations died, it is started again')
        : log.warn({ err: error, integration }, 'an integration had a fault'),
  });
  runner.defer('destination sender', () => sender.close());
  return sender;
}
