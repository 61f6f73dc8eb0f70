import { type Command, Option } from 'commander';
import type { ApiClient } from '../api-client.ts';
import { type ConnectionOptions, connect, withConnection } from '../connection.ts';
import { type JsonObject, objectsOf, textOf } from '../json.ts';
import { write } from '../output.ts';
import { renderTable } from '../render-table.ts';

interface CreateOptions extends ConnectionOptions {
  scope: string[];
  maySelectOrgs?: boolean;
  browserOrigin?: string[];
  json?: boolean;
}

export function addKeysCommand(program: Command): void {
  const keys = program.command('keys').description('list, make and revoke API keys');
  withConnection(keys.command('list').description('list the keys of the org, without their secrets'))
    .option('--json', 'as the API answers')
    .action((options: ConnectionOptions & { json?: boolean }) => listKeys(connect(options), options, process.stdout));
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

export async function listKeys(
  client: ApiClient,
  options: { json?: boolean },
  stdout: NodeJS.WritableStream,
): Promise<void> {
  const keys = objectsOf((await client.json('/api/keys')).keys);
  if (options.json) return write(stdout, `${JSON.stringify(keys, null, 2)}\n`);
  const headings = [
    'ID',
    'NAME',
    'ORG',
    'PREFIX',
    'SCOPES',
    'ORGS',
    'CREATED',
    'LAST USED',
    'STATE',
    'BROWSER ORIGINS',
  ];
  await write(stdout, renderTable(headings, keys.map(rowOf)));
}

function rowOf(key: JsonObject): string[] {
  const scopes = Array.isArray(key.scopes) ? key.scopes.join(',') : '';
  const lastUsed = textOf(key, 'last_used_at') || 'never';
  const state = textOf(key, 'revoked_at') === '' ? 'active' : `revoked ${textOf(key, 'revoked_at')}`;
  const [id, name, org, prefix, created] = ['id', 'name', 'org_id', 'prefix', 'created_at'].map((field) =>
    textOf(key, field),
  );
  const orgs = key.may_select_orgs === true ? 'any' : 'own';
  const origins = Array.isArray(key.browser_origins) ? key.browser_origins.join(',') : '';
  return [id!, name!, org!, prefix!, scopes, orgs, created!, lastUsed, state, origins];
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
