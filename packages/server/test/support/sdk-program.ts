/**
 * A program that uses the SDK, for tests that stop it, kill it or take its server away. Told what to do over IPC; the
 * options of createTailwater are its argument, as JSON.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { createTailwater, type Severity } from '@tailwater/sdk';

/** What the program is told; it answers each with the statistics, under the same number. */
export type SdkCommand =
  /** Emits `message N` for each number from `from` up to `to`, with a pause after every ten. */
  | { do: 'emit'; from: number; to: number; pauseMs?: number; severity?: Severity; logger?: string }
  | { do: 'flush'; timeoutMs?: number }
  | { do: 'stats' }
  | { do: 'close' }
  | { do: 'throw' }
  | { do: 'exit' };

const tailwater = createTailwater({ stdout: 'off', ...JSON.parse(process.argv[2] ?? '{}') });
const ATTRIBUTES = { route: '/orders/{id}', tokens: 12 };

process.on('message', ({ number, command }: { number: number; command: SdkCommand }) => {
  void run(command).then(() => process.send?.({ number, stats: tailwater.stats() }));
});

async function run(command: SdkCommand): Promise<void> {
  if (command.do === 'emit') {
    const { from, to, pauseMs = 0, severity = 'info', logger = 'gateway' } = command;
    for (let i = from; i < to; i++) {
      tailwater.logger(logger).emit({ message: `message ${i}`, severity, metadata: { ...ATTRIBUTES, number: i } });
      if (i % 10 === 9) await delay(pauseMs);
    }
  } else if (command.do === 'flush') await tailwater.flush(command.timeoutMs);
  else if (command.do === 'close') await tailwater.close();
  else if (command.do === 'throw') setImmediate(fail);
  else if (command.do === 'exit') process.exit(0);
}

function fail(): void {
  throw new TypeError('nobody catches this');
}
