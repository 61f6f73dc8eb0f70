import { type Command, Option } from 'commander';
import type { ApiClient } from '../api-client.ts';
import { type ConnectionOptions, connect, withConnection } from '../connection.ts';
import { type FormatOptions, type Printer, printerOf, printTable, withFormat } from '../format.ts';
import { type JsonObject, objectsOf, textOf } from '../json.ts';
import { write } from '../output.ts';
import { timeText } from '../time-zone.ts';

const SEVERITIES = ['debug', 'info', 'warn', 'error', 'critical'];

interface SetOptions extends ConnectionOptions {
  for?: string;
  service?: string;
}

export function addLevels(levels: Command): void {
  withFormat(withConnection(levels.command('list').description('levels that hold now'))).action(
    (options: ConnectionOptions & FormatOptions) => listLevels(connect(options), printerOf(options, process.stdout)),
  );
  withConnection(levels.command('set').description('set one, within seconds'))
    .argument('<logger>', "a logger's name, or * for all")
    .addArgument(levels.createArgument('<level>', 'severity').choices(SEVERITIES))
    .option('--for <duration>', 'for so long, such as 15m; then the own level of the program holds again')
    .option('--service <name>', 'only in programs of this service')
    .action((logger: string, level: string, options: SetOptions) =>
      setLevel(connect(options), logger, level, options, process.stderr),
    );
  withConnection(levels.command('remove').description('let the own level of the program hold again'))
    .argument('<logger>')
    .addOption(new Option('--service <name>', 'as it was set'))
    .action((logger: string, options: SetOptions) => removeLevel(connect(options), logger, options, process.stderr));
}

async function listLevels(client: ApiClient, printer: Printer): Promise<void> {
  const answer = await client.json('/api/log-levels');
  const columns = [
    { heading: 'LOGGER', of: (row: JsonObject) => textOf(row, 'logger') },
    { heading: 'SERVICE', of: (row: JsonObject) => textOf(row, 'service') || 'all' },
    { heading: 'LEVEL', of: (row: JsonObject) => textOf(row, 'level') },
    { heading: 'UNTIL', of: (row: JsonObject) => timeText(textOf(row, 'until'), printer.zone) || 'removed' },
  ];
  await printTable(printer, {
    rows: objectsOf(answer.log_levels),
    columns,
    answer,
    empty: 'No level is set: programs log as they were told at start.',
  });
}

async function setLevel(
  client: ApiClient,
  logger: string,
  level: string,
  { for: duration, service }: SetOptions,
  stderr: NodeJS.WritableStream,
): Promise<void> {
  const body = {
    logger,
    level,
    ...(duration !== undefined && { for: duration }),
    ...(service !== undefined && { service }),
  };
  const answer = await client.json('/api/log-levels', { method: 'PUT', body });
  const until = textOf(answer, 'until');
  await write(stderr, `Logger ${logger} is at ${level}${until === '' ? ' until you remove it' : ` until ${until}`}.\n`);
}

async function removeLevel(
  client: ApiClient,
  logger: string,
  { service }: SetOptions,
  stderr: NodeJS.WritableStream,
): Promise<void> {
  const query = new URLSearchParams({ logger, ...(service !== undefined && { service }) });
  await client.send('/api/log-levels', { method: 'DELETE', query });
  await write(stderr, `Logger ${logger} falls back within seconds.\n`);
}
