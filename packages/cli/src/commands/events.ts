import { readFileSync, writeFileSync } from 'node:fs';
import { type EventContract, parseEventContract } from '@tailwater/schema/event-contract';
import type { Command } from 'commander';
import { parse } from 'yaml';
import { CliError, EXIT } from '../cli-error.ts';
import { type ConnectionOptions, connect, withConnection } from '../connection.ts';
import { renderEventTypes } from '../event-types.ts';
import { write } from '../output.ts';
import { counted } from '../quantity.ts';

const FILE = 'tailwater.events.yaml';

export function addEvents(events: Command): void {
  const file = ['[file]', 'the contract', FILE] as const;
  events
    .command('check')
    .description('tell what is wrong with a contract, and where')
    .argument(...file)
    .action(async (path: string) => {
      const { events: declared } = readContract(path);
      await write(process.stderr, `${path} is fine: ${counted(declared.length, 'event')} declared.\n`);
    });
  events
    .command('types')
    .description('write TypeScript for emit: a wrong event does not compile')
    .argument(...file)
    .option('--out <file>', 'write it here and not to stdout')
    .action(async (path: string, { out }: { out?: string }) => {
      const text = renderEventTypes(readContract(path));
      if (out === undefined) return write(process.stdout, text);
      writeFileSync(out, text);
      await write(process.stderr, `${out} is written.\n`);
    });
  withConnection(events.command('push').description('give the contract to the server, for `tailwater coverage`'))
    .argument(...file)
    .action(async (path: string, options: ConnectionOptions) => {
      const contract = readContract(path);
      await connect(options).json('/api/event-contract', { method: 'PUT', body: { ...contract } });
      await write(process.stderr, `The server knows ${counted(contract.events.length, 'declared event')} now.\n`);
    });
}

/** @throws CliError naming every fault and its place. */
function readContract(path: string): EventContract {
  let value: unknown;
  try {
    value = parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new CliError(EXIT.usage, `${path}: ${error instanceof Error ? error.message : error}`);
  }
  const result = parseEventContract(value);
  if ('contract' in result) return result.contract;
  const faults = result.faults.map(({ field, message }) => `\n  ${field === '' ? path : field}: ${message}`);
  throw new CliError(
    EXIT.usage,
    `${path} has ${faults.length === 1 ? 'a fault' : `${faults.length} faults`}:${faults.join('')}`,
  );
}
