import type { Config } from './config.ts';
import { createDestinationSender } from './consumers/destination-sender/client.ts';
import { createDestinationMetrics } from './consumers/destination-sender/metrics.ts';
import type { DestinationSender } from './consumers/destination-sender/sender.ts';
import { JournalFloor } from './journal/floor.ts';
import { createStateLog } from './open-own-events.ts';
import type { Parts } from './parts.ts';
import type { PolicySettings } from './runtime/egress/policy.ts';

/** The rules of `egress`, but for ports of this server, which are known once it listens. */
export function egressRules({ egress: { mode, allow, plainHttp } }: Config): Omit<PolicySettings, 'ownPorts'> {
  return { mode, allow, plainHttp: plainHttp === 'on' };
}

export interface OpenSender {
  sender: DestinationSender;
  /** How much of the journal it needs. */
  floor: JournalFloor;
  /** To be filled once the server listens: nothing is sent there. */
  ownPorts: number[];
}

/** What delivers to destinations. It does nothing until it is configured, and until then the whole journal is kept. */
export function openSender(
  parts: Pick<Parts, 'config' | 'paths' | 'ingest' | 'telemetry' | 'log' | 'runner'>,
): OpenSender {
  const { config, paths, ingest, telemetry, log, runner } = parts;
  const floor = new JournalFloor();
  const ownPorts: number[] = [];
  const count = createDestinationMetrics(telemetry.registry);
  const tell = createStateLog(log);
  const sender = createDestinationSender({
    journalDir: paths.journalDir,
    cursorDir: paths.cursorDir,
    undeliveredDir: paths.undeliveredDir,
    progress: ingest.progress,
    node: config.node,
    floor,
    egress: () => ({ ...egressRules(config), ownPorts }),
    onReport: (reports) => {
      count(reports);
      tell(reports);
    },
    onFault: (error, integration) =>
      integration === null
        ? log.error({ err: error }, 'the thread that delivers to destinations died, it is started again')
        : log.warn({ err: error, integration }, 'an integration had a fault'),
  });
  runner.defer('destination sender', () => sender.close());
  return { sender, floor, ownPorts };
}
