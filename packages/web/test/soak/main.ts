import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { removeTempDirs } from '../../../server/test/support/server.ts';
import { firstFiveMinutes } from './first-five-minutes.ts';
import { initialLoad } from './initial-load.ts';
import { liveTail } from './live-tail.ts';
import { millionEvents } from './million-events.ts';

/**
 * How the web UI behaves in a real Chromium: what is only printed depends on the machine, what must hold is checked.
 *   make soak ARGS="--only ui --minutes 10 --part live-tail"
 */
const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    rate: { type: 'string', default: '1000' },
    events: { type: 'string', default: '1000000' },
    part: { type: 'string' },
  },
});
const print = (line: string) => void process.stdout.write(`${line}\n`);

const parts: Record<string, () => Promise<boolean>> = {
  'live-tail': () => liveTail({ minutes: Number(values.minutes), eventsPerSecond: Number(values.rate), print }),
  'million-events': () => millionEvents({ events: Number(values.events), print }),
  'initial-load': () => initialLoad({ print }),
  'first-five-minutes': () => firstFiveMinutes({ print }),
};

let failed = 0;
for (const [name, part] of Object.entries(parts)) {
  if (values.part !== undefined && values.part !== name) continue;
  print(`${name}, load average ${loadavg()[0]!.toFixed(1)}`);
  if (!(await part())) {
    failed++;
    print(`FAILED ${name}`);
  }
  print(`${name} is over, load average ${loadavg()[0]!.toFixed(1)}`);
}
removeTempDirs();
process.exitCode = failed > 0 ? 1 : 0;
