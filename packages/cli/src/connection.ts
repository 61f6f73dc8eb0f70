import type { Command } from 'commander';
import { ApiClient, DEFAULT_URL } from './api-client.ts';
import { type ClientEnvironment, readEnvironment } from './client-environment.ts';
import { profileOf, readProfiles } from './profiles.ts';

export interface ConnectionOptions {
  url?: string;
  apiKey?: string;
  org?: string;
  profile?: string;
}

/** Adds the options that say which server, as whom and for which org. */
export function withConnection(command: Command): Command {
  return command
    .option('--url <url>', `the server (TAILWATER_URL; default ${DEFAULT_URL})`)
    .option('--api-key <key>', 'API key (better in TAILWATER_API_KEY: others on this machine can read arguments)')
    .option('--org <id>', 'act for this org, where the key may select orgs')
    .option('--profile <name>', 'server and key of a profile (TAILWATER_PROFILE), see `tailwater profile`');
}

/** Options win over the environment, which wins over the profile. @throws CliError */
export function connect(options: ConnectionOptions): ApiClient {
  const { url, apiKey, orgId } = connectionOf(options, readEnvironment());
  return new ApiClient(url, { apiKey, orgId });
}

/** The same server and key for another org. @throws CliError */
export function connectAs(options: ConnectionOptions, orgId: string): ApiClient {
  const { url, apiKey } = connectionOf(options, readEnvironment());
  return new ApiClient(url, { apiKey, orgId });
}

/**
 * Which server, as whom, for which org. A key belongs to a server: that of a profile goes nowhere but to the profile's
 * own address.
 */
export function connectionOf(
  options: ConnectionOptions,
  environment: ClientEnvironment,
): { url: string; apiKey: string | undefined; orgId: string | undefined } {
  const url = options.url ?? environment.url;
  const named = options.profile ?? environment.profile;
  const profile =
    url !== undefined && named === undefined ? null : profileOf(readProfiles(environment.profilesPath), named);
  const isProfiles = profile !== null && (url === undefined || url === profile.url);
  return {
    url: url ?? profile?.url ?? DEFAULT_URL,
    apiKey: options.apiKey ?? environment.apiKey ?? (isProfiles ? profile.apiKey : undefined),
    orgId: options.org ?? (isProfiles ? profile.org : undefined),
  };
}
