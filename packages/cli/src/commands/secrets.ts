import type { Command } from 'commander';
import type { ApiClient } from '../api-client.ts';
import { CliError, EXIT } from '../cli-error.ts';
import { type ConnectionOptions, connect, withConnection } from '../connection.ts';
import { objectsOf, textOf } from '../json.ts';
import { write } from '../output.ts';

interface RotateOptions extends ConnectionOptions {
  json?: boolean;
}

export function addSecrets(secrets: Command): void {
  withConnection(
    secrets
      .command('rotate')
      .description(
        'seal the credentials of all integrations again with the newest key; needs a key that may select orgs',
      ),
  )
    .option('--json', 'as the API answers')
    .action((options: RotateOptions) => rotateSecrets(connect(options), options, process));
}

/** The server does it, since it is the one that has the keys and the database open. @throws CliError */
export async function rotateSecrets(
  client: ApiClient,
  options: RotateOptions,
  output: { stdout: NodeJS.WritableStream; stderr: NodeJS.WritableStream },
): Promise<void> {
  const answer = await client.json('/api/secrets/rotate', { method: 'POST' });
  const failed = objectsOf(answer.failed);
  if (options.json) await write(output.stdout, `${JSON.stringify(answer, null, 2)}\n`);
  else {
    const key = `${answer.made_key === true ? 'The new key' : 'The key'} ${textOf(answer, 'key_id')}`;
    await write(output.stderr, `${key} seals now. Integrations sealed again: ${Number(answer.resealed)}.\n`);
    for (const each of failed) {
      const which = `${textOf(each, 'integration_id')} of org ${textOf(each, 'org_id')}`;
      await write(output.stderr, `Left as it was: ${which}: ${textOf(each, 'reason')}\n`);
    }
  }
  if (failed.length > 0) throw new CliError(EXIT.failed, 'keep the old keys until all of them are sealed again');
}
