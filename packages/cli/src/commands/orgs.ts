import { type Command, InvalidArgumentError, Option } from 'commander';
import type { ApiClient } from '../api-client.ts';
import { type ConnectionOptions, connect, withConnection } from '../connection.ts';
import { type Column, type FormatOptions, type Printer, printerOf, printTable, withFormat } from '../format.ts';
import { type JsonObject, objectsOf, textOf } from '../json.ts';
import { write } from '../output.ts';
import { timeText } from '../time-zone.ts';

interface CreateOptions extends ConnectionOptions {
  name?: string;
  retentionDays?: number;
}

export function addOrgs(orgs: Command): void {
  withFormat(withConnection(orgs.command('list').description('list the orgs'))).action(
    (options: ConnectionOptions & FormatOptions) => listOrgs(connect(options), printerOf(options, process.stdout)),
  );
  withConnection(orgs.command('create').description('make an org').argument('<id>', 'a-z, 0-9, - and _'))
    .option('--name <name>', 'name for people (default: the id)')
    .addOption(new Option('--retention-days <days>', 'days its events are kept').argParser(readDays))
    .action((id: string, options: CreateOptions) => createOrg(connect(options), id, options, process.stderr));
}

export async function listOrgs(client: ApiClient, printer: Printer): Promise<void> {
  const answer = await client.json('/api/orgs');
  const columns: Column[] = [
    { heading: 'ID', of: (org) => textOf(org, 'id') },
    { heading: 'NAME', of: (org) => textOf(org, 'name') },
    { heading: 'RETENTION DAYS', of: (org) => textOf(org, 'retention_days') || 'default', isNumber: true },
    { heading: 'CREATED', of: (org) => timeText(textOf(org, 'created_at'), printer.zone) },
  ];
  await printTable(printer, { rows: objectsOf(answer.orgs), columns, answer, empty: 'There are no orgs.' });
}

export async function createOrg(
  client: ApiClient,
  id: string,
  options: CreateOptions,
  stderr: NodeJS.WritableStream,
): Promise<void> {
  const body: JsonObject = { id, name: options.name ?? id };
  if (options.retentionDays !== undefined) body.retention_days = options.retentionDays;
  await client.json('/api/orgs', { method: 'POST', body });
  await write(stderr, `Org ${id} is made. Give it a key: tailwater keys create NAME --scope ingest --org ${id}\n`);
}

function readDays(text: string): number {
  if (!/^[1-9]\d{0,3}$/.test(text)) throw new InvalidArgumentError('Expected a number of days from 1.');
  return Number(text);
}
