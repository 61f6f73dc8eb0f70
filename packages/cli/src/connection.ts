import type { Command } from 'commander';
import { ApiClient, DEFAULT_URL } from './api-client.ts';
import { readEnvironment } from './client-environment.ts';

export interface ConnectionOptions {
  url?: string;
  apiKey?: string;
  org?: string;
}

/** Adds the options that say which server, as whom and for which org. */
export function withConnection(command: Command): Command {
  return command
    .option('--url <url>', `the server (TAILWATER_URL; default ${DEFAULT_URL})`)
    .option('--api-key <key>', 'API key (better in TAILWATER_API_KEY: others on this machine can read arguments)')
    .option('--org <id>', 'act for this org, where the key may select orgs');
}

/** Options win over the environment. @throws CliError */
export function connect(options: ConnectionOptions): ApiClient {
  const environment = readEnvironment();
  const apiKey = options.apiKey ?? environment.apiKey;
  return new ApiClient(options.url ?? environment.url ?? DEFAULT_URL, { apiKey, orgId: options.org });
}
