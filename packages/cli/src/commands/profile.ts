import type { Command } from 'commander';
import { ApiClient } from '../api-client.ts';
import { CliError, EXIT } from '../cli-error.ts';
import { readEnvironment } from '../client-environment.ts';
import { write } from '../output.ts';
import { type Profiles, profileOf, readProfiles, writeProfiles } from '../profiles.ts';
import { renderTable } from '../render-table.ts';

export function addProfile(profile: Command): void {
  const change = (edit: (profiles: Profiles) => void, done: string): Promise<void> => {
    const { profilesPath } = readEnvironment();
    const profiles = readProfiles(profilesPath);
    edit(profiles);
    writeProfiles(profilesPath, profiles);
    return write(process.stderr, `${done} (${profilesPath})\n`);
  };
  profile
    .command('list')
    .description('the profiles, without their keys')
    .action(() => write(process.stdout, profileTable(readProfiles(readEnvironment().profilesPath))));
  profile
    .command('add')
    .description('add or replace one; the key is read from TAILWATER_API_KEY, so that it stands in no history')
    .argument('<name>')
    .argument('<url>', 'address of the server')
    .option('--org <id>', 'act for this org, where the key may select orgs')
    .action((name: string, url: string, { org }: { org?: string }) => {
      // Refuses what is no address.
      void new ApiClient(url);
      const { apiKey } = readEnvironment();
      return change(
        (profiles) => {
          profiles.profiles[name] = { url, ...(apiKey !== undefined && { apiKey }), ...(org !== undefined && { org }) };
          profiles.current ??= name;
        },
        `Profile ${name} is kept ${apiKey === undefined ? 'without a key' : 'with its key'}.`,
      );
    });
  profile
    .command('use')
    .description('the profile where none is named')
    .argument('<name>')
    .action((name: string) =>
      change((profiles) => {
        profileOf(profiles, name);
        profiles.current = name;
      }, `Profile ${name} is used now.`),
    );
  profile
    .command('remove')
    .description('forget one, and its key')
    .argument('<name>')
    .action((name: string) =>
      change((profiles) => {
        if (!Object.hasOwn(profiles.profiles, name)) throw new CliError(EXIT.usage, `there is no profile \`${name}\``);
        delete profiles.profiles[name];
        if (profiles.current === name) profiles.current = null;
      }, `Profile ${name} is gone.`),
    );
}

function profileTable({ current, profiles }: Profiles): string {
  const rows = Object.entries(profiles).map(([name, { url, apiKey, org = '' }]) => [
    name === current ? '*' : '',
    ...[name, url, org, apiKey === undefined ? 'none' : 'set'],
  ]);
  return renderTable(['', 'NAME', 'URL', 'ORG', 'KEY'], rows);
}
