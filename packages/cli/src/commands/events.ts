import { writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { type ConnectionOptions, connect, withConnection } from '../connection.ts';
import { write } from '../output.ts';
import { counted } from '../quantity.ts';

const FILE = 'tailwater.events.yaml';

/** What reads YAML and checks schemas takes longer to load than all the rest. */
const loadContracts = () => import('../contract-file.ts');

export function addEvents(events: Command): void {
  const file = ['[file]', 'the contract', FILE] as const;
  events
    .command('check')
    .description('tell what is wrong with a contract, and where')
    .argument(...file)
    .action(async (path: string) => {
      const { readContract } = await loadContracts();
      const { events: declared } = readContract(path);
      await write(process.stderr, `${path} is fine: ${counted(declared.length, 'event')} declared.\n`);
    });
  events
    .command('types')
    .description('write TypeScript for emit: a wrong event does not compile')
    .argument(...file)
    .option('--out <file>', 'write it here and not to stdout')
    .action(async (path: string, { out }: { out?: string }) => {
      const { renderEventTypes } = await import('../event-types.ts');
      const { readContract } = await loadContracts();
      const text = renderEventTypes(readContract(path));
      if (out === undefined) return write(process.stdout, text);
      writeFileSync(out, text);
      await write(process.stderr, `${out} is written.\n`);
    });
  withConnection(events.command('push').description('give the contract to the server, for `tailwater coverage`'))
    .argument(...file)
    .action(async (path: string, options: ConnectionOptions) => {
      const { readContract } = await loadContracts();
      const contract = readContract(path);
      await connect(options).json('/api/event-contract', { method: 'PUT', body: { ...contract } });
      await write(process.stderr, `The server knows ${counted(contract.events.length, 'declared event')} now.\n`);
    });
}
