import type { Command } from 'commander';
import { ApiClient } from '../api-client.ts';
import { CliError, EXIT } from '../cli-error.ts';
import { readEnvironment } from '../client-environment.ts';
import { type FormatOptions, type Printer, printerOf, printTable, withFormat } from '../format.ts';
import { write } from '../output.ts';
import { type Profiles, profileOf, readProfiles, writeProfiles } from '../profiles.ts';

export function addProfile(profile: Command): void {
  const change = (edit: (profiles: Profiles) => void, done: string): Promise<void> => {
    const { profilesPath } = readEnvironment();
    const profiles = readProfiles(profilesPath);
    edit(profiles);
    writeProfiles(profilesPath, profiles);
    return write(process.stderr, `${done} (${profilesPath})\n`);
  };
  withFormat(profile.command('list').description('the profiles, without their keys')).action((options: FormatOptions) =>
    listProfiles(readProfiles(readEnvironment().profilesPath), printerOf(options, process.stdout)),
  );
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

function listProfiles({ current, profiles }: Profiles, printer: Printer): Promise<void> {
  const rows = Object.entries(profiles).map(([name, { url, apiKey, org }]) => ({
    name,
    url,
    org: org ?? null,
    has_key: apiKey !== undefined,
    is_used: name === current,
  }));
  type Row = (typeof rows)[number];
  const columns = [
    { heading: '', of: (row: Row) => (row.is_used ? '*' : '') },
    { heading: 'NAME', of: (row: Row) => row.name },
    { heading: 'URL', of: (row: Row) => row.url },
    { heading: 'ORG', of: (row: Row) => row.org ?? '' },
    { heading: 'KEY', of: (row: Row) => (row.has_key ? 'set' : 'none') },
  ];
  const empty = 'There are no profiles: `tailwater profile add NAME URL` makes one.';
  return printTable(printer, { rows, columns, answer: { profiles: rows }, empty });
}
