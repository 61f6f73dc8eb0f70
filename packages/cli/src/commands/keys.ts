import { type Command, Option } from 'commander';
import type { ApiClient } from '../api-client.ts';
import { type ConnectionOptions, connect, withConnection } from '../connection.ts';
import { type Column, type FormatOptions, type Printer, printerOf, printTable, withFormat } from '../format.ts';
import { type JsonObject, objectsOf, textOf } from '../json.ts';
import { write } from '../output.ts';
import { type TimeZone, timeText } from '../time-zone.ts';

interface CreateOptions extends ConnectionOptions {
  scope: string[];
  maySelectOrgs?: boolean;
  browserOrigin?: string[];
  json?: boolean;
}

export function addKeys(keys: Command): void {
  withFormat(
    withConnection(keys.command('list').description('list the keys of the org, without their secrets')),
  ).action((options: ConnectionOptions & FormatOptions) =>
    listKeys(connect(options), printerOf(options, process.stdout)),
  );
  withConnection(keys.command('create').description('make a key and print its secret, this once').argument('<name>'))
    .addOption(
      new Option('--scope <scope...>', 'what it may do').choices(['ingest', 'query', 'admin']).makeOptionMandatory(),
    )
    .option('--may-select-orgs', 'it may act for any org, by X-Scope-OrgID')
    .option(
      '--browser-origin <origin>',
      'a browser key: public, it may only send, and from pages of this origin; may be repeated',
      (origin: string, before: string[] = []) => [...before, origin],
    )
    .option('--json', 'as the API answers')
    .action((name: string, options: CreateOptions) => createKey(connect(options), name, options, process));
  withConnection(keys.command('revoke').description('end a key, at once').argument('<id>')).action(
    (id: string, options: ConnectionOptions) => revokeKey(connect(options), id, process.stderr),
  );
}

export async function listKeys(client: ApiClient, printer: Printer): Promise<void> {
  const answer = await client.json('/api/keys');
  const columns = columnsIn(printer.zone);
  await printTable(printer, { rows: objectsOf(answer.keys), columns, answer, empty: 'There are no keys.' });
}

function columnsIn(zone: TimeZone): Column[] {
  const column = (heading: string, field: string): Column => ({ heading, of: (key) => textOf(key, field) });
  const time = (key: JsonObject, field: string) => timeText(textOf(key, field), zone);
  const list = (key: JsonObject, field: string) => (Array.isArray(key[field]) ? key[field].join(',') : '');
  return [
    column('ID', 'id'),
    column('NAME', 'name'),
    column('ORG', 'org_id'),
    column('PREFIX', 'prefix'),
    { heading: 'SCOPES', of: (key) => list(key, 'scopes') },
    { heading: 'ORGS', of: (key) => (key.may_select_orgs === true ? 'any' : 'own') },
    { heading: 'CREATED', of: (key) => time(key, 'created_at') },
    { heading: 'LAST USED', of: (key) => time(key, 'last_used_at') || 'never' },
    {
      heading: 'STATE',
      of: (key) => (textOf(key, 'revoked_at') === '' ? 'active' : `revoked ${time(key, 'revoked_at')}`),
    },
    { heading: 'BROWSER ORIGINS', of: (key) => list(key, 'browser_origins') },
  ];
}

/** The secret alone goes to stdout, so that `KEY=$(tailwater keys create …)` works. */
export async function createKey(
  client: ApiClient,
  name: string,
  options: CreateOptions,
  output: { stdout: NodeJS.WritableStream; stderr: NodeJS.WritableStream },
): Promise<void> {
  const body: JsonObject = { name, scopes: options.scope };
  if (options.maySelectOrgs) body.may_select_orgs = true;
  if (options.browserOrigin) body.browser_origins = options.browserOrigin;
  if (options.org !== undefined) body.org_id = options.org;
  const key = await client.json('/api/keys', { method: 'POST', body });
  if (options.json) return write(output.stdout, `${JSON.stringify(key, null, 2)}\n`);
  await write(
    output.stderr,
    `Key ${textOf(key, 'id')} of org ${textOf(key, 'org_id')}. Its secret is shown this once:\n`,
  );
  await write(output.stdout, `${textOf(key, 'secret')}\n`);
}

export async function revokeKey(client: ApiClient, id: string, stderr: NodeJS.WritableStream): Promise<void> {
  await client.send(`/api/keys/${encodeURIComponent(id)}`, { method: 'DELETE' });
  await write(stderr, `Key ${id} is revoked.\n`);
}
