import type { Command } from 'commander';
import type { ApiClient } from '../api-client.ts';
import { type ConnectionOptions, connect, withConnection } from '../connection.ts';
import { textOf } from '../json.ts';
import { write } from '../output.ts';

export function addSignIn(command: Command): void {
  withConnection(command)
    .option('--json', 'as the API answers')
    .action((options: ConnectionOptions & { json?: boolean }) => signIn(connect(options), options, process));
}

/** The link alone goes to stdout, so that `xdg-open "$(tailwater sign-in)"` works. */
export async function signIn(
  client: ApiClient,
  { json = false }: { json?: boolean },
  output: { stdout: NodeJS.WritableStream; stderr: NodeJS.WritableStream },
): Promise<void> {
  const link = await client.json('/api/sign-in-links', { method: 'POST' });
  if (json) return write(output.stdout, `${JSON.stringify(link, null, 2)}\n`);
  await write(output.stderr, 'Whoever opens this first is signed in, within 24 hours:\n');
  await write(output.stdout, `${textOf(link, 'url')}\n`);
}
