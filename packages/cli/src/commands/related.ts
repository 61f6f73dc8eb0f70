import { type Command, InvalidArgumentError, Option } from 'commander';
import type { ApiClient } from '../api-client.ts';
import { type ConnectionOptions, connect, withConnection } from '../connection.ts';
import { type FormatOptions, type Printer, printEvents, printerOf, withFormat } from '../format.ts';
import { isObject, objectsOf } from '../json.ts';
import { write } from '../output.ts';
import { counted } from '../quantity.ts';

/** `trace` and `context`: events that belong together. */
export function addTrace(command: Command): void {
  withFormat(withConnection(command))
    .argument('<id>', 'a trace id')
    .action((id: string, options: ConnectionOptions & FormatOptions) =>
      printTrace(connect(options), id, printerOf(options, process.stdout)),
    );
}

interface ContextOptions extends ConnectionOptions, FormatOptions {
  before: number;
  after: number;
}

export function addContext(command: Command): void {
  withFormat(withConnection(command))
    .argument('<id>', 'an event id')
    .addOption(new Option('--before <count>', 'events before it').argParser(readSide).default(10))
    .addOption(new Option('--after <count>', 'events after it').argParser(readSide).default(10))
    .action((id: string, options: ContextOptions) =>
      printContext(connect(options), id, options, printerOf(options, process.stdout)),
    );
}

async function printTrace(client: ApiClient, id: string, printer: Printer): Promise<void> {
  const answer = await client.json(`/api/traces/${encodeURIComponent(id)}`);
  if (printer.format === 'json') return write(printer.stdout, `${JSON.stringify(answer, null, 2)}\n`);
  await printEvents(printer, objectsOf(answer.events));
  if (printer.format !== 'text') return;
  const services = objectsOf(answer.services).map(({ service }) => String(service));
  await write(
    process.stderr,
    `${counted(objectsOf(answer.events).length, 'event')} of ${services.join(', ')}${answer.truncated === true ? '; there are more' : ''}\n`,
  );
}

async function printContext(
  client: ApiClient,
  id: string,
  { before, after }: { before: number; after: number },
  printer: Printer,
): Promise<void> {
  const query = new URLSearchParams({ before: String(before), after: String(after) });
  const answer = await client.json(`/api/logs/${encodeURIComponent(id)}/context`, { query });
  if (printer.format === 'json') return write(printer.stdout, `${JSON.stringify(answer, null, 2)}\n`);
  const event = isObject(answer.event) ? [answer.event] : [];
  await printEvents(printer, [...objectsOf(answer.before), ...event, ...objectsOf(answer.after)]);
}

function readSide(text: string): number {
  const count = Number(text);
  if (!/^\d+$/.test(text) || count > 500) throw new InvalidArgumentError('Expected 0 to 500.');
  return count;
}
