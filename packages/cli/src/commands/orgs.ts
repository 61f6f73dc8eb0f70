import { type Command, InvalidArgumentError, Option } from 'commander';
import type { ApiClient } from '../api-client.ts';
import { type ConnectionOptions, connect, withConnection } from '../connection.ts';
import { type JsonObject, objectsOf, textOf } from '../json.ts';
import { write } from '../output.ts';
import { renderTable } from '../render-table.ts';

interface CreateOptions extends ConnectionOptions {
  name?: string;
  retentionDays?: number;
}

export function addOrgsCommand(program: Command): void {
  const orgs = program.command('orgs').description('list and make orgs');
  withConnection(orgs.command('list').description('list the orgs'))
    .option('--json', 'as the API answers')
    .action((options: ConnectionOptions & { json?: boolean }) => listOrgs(connect(options), options, process.stdout));
  withConnection(orgs.command('create').description('make an org').argument('<id>', 'a-z, 0-9, - and _'))
    .option('--name <name>', 'name for people (default: the id)')
    .addOption(new Option('--retention-days <days>', 'days its events are kept').argParser(readDays))
    .action((id: string, options: CreateOptions) => createOrg(connect(options), id, options, process.stderr));
}

export async function listOrgs(
  client: ApiClient,
  options: { json?: boolean },
  stdout: NodeJS.WritableStream,
): Promise<void> {
  const orgs = objectsOf((await client.json('/api/orgs')).orgs);
  if (options.json) return write(stdout, `${JSON.stringify(orgs, null, 2)}\n`);
  const rows = orgs.map((org) => [
    textOf(org, 'id'),
    textOf(org, 'name'),
    textOf(org, 'retention_days') || 'default',
    textOf(org, 'created_at'),
  ]);
  await write(stdout, renderTable(['ID', 'NAME', 'RETENTION DAYS', 'CREATED'], rows));
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
