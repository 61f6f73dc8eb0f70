import { readFileSync, statfsSync } from 'node:fs';
import type { Config } from './config.ts';
import { applyEnvironment } from './control/integrations/from-environment.ts';
import { Integrations } from './control/integrations/integrations.ts';
import { openIntegrationSecrets } from './control/integrations/secrets.ts';
import { openKeyring } from './control/secrets/keyring.ts';
import { openVault, type Vault, type VaultSettings } from './control/secrets/vault.ts';
import { DESTINATIONS } from './destinations/registry.ts';
import { JournalProgress } from './journal/disk/progress.ts';
import { egressRules, type OpenSender } from './open-sender.ts';
import type { Parts } from './parts.ts';
import { createEgress } from './runtime/egress/create-egress.ts';
import { PermanentError } from './runtime/errors.ts';

const GIB = 2 ** 30;
const JOURNAL_BYTES_MAX = 10 * GIB;
const JOURNAL_DISK_SHARE = 1 / 4;

export interface OpenIntegrations {
  integrations: Integrations;
  /** Gives the sender its first set, once the server knows its own ports. */
  start(): Promise<void>;
}

/** Opens what orgs forward to. After the journal: integrations begin at its end. */
export async function openIntegrations(
  {
    config,
    paths,
    control,
    ingest,
    log,
    runner,
  }: Pick<Parts, 'config' | 'paths' | 'control' | 'ingest' | 'log' | 'runner'>,
  { sender, ownPorts }: Pick<OpenSender, 'sender' | 'ownPorts'>,
): Promise<OpenIntegrations> {
  const progress = new JournalProgress(ingest.progress);
  const journalNext = () => progress.read().next;
  const egress = createEgress({ ...egressRules(config), ownPorts: () => ownPorts });
  runner.defer('egress', () => egress.close());
  const { keys, keysFile = `${paths.dataDir}/secret-keys`, vault: vaultConfig } = config.secrets;
  const onFault = (error: unknown, integration: string | null) =>
    log.warn({ err: error, integration }, 'an integration cannot be used as it is configured');
  const keyring = openKeyring({ keys, keysFile });
  const vault = openVaultOf(vaultConfig, (error) => log.warn({ err: error }, 'the token of Vault cannot be renewed'));
  runner.defer('vault', () => vault?.close());
  const types = new Map(DESTINATIONS.map((type) => [type.id, type]));
  const secrets = openIntegrationSecrets({ keyring, vault, onFault });
  const { logDestination: wanted, vendorEnvironment: environment } = config;
  await applyEnvironment({ db: control, types, secrets, wanted, environment, journalNext });
  const journalBytesMaxDefault = journalShare(paths.dataDir);
  const integrations = new Integrations({
    ...{ db: control, types, secrets, egress, sender, journalNext, journalBytesMaxDefault, onFault },
  });
  const onLate = (error: unknown) => onFault(error, null);
  const start = async () => {
    const started = integrations.start();
    if (vault === null) return started;
    // The server does not wait for a Vault that is away.
    started.catch(onLate);
    const timer = setInterval(() => integrations.refresh().catch(onLate), vaultConfig.refreshIntervalMs);
    timer.unref();
    runner.defer('refresh of secrets', () => clearInterval(timer));
  };
  return { integrations, start };
}

function journalShare(dataDir: string): number {
  const { blocks, bsize } = statfsSync(dataDir);
  return Math.max(64 << 20, Math.min(JOURNAL_BYTES_MAX, Math.floor(blocks * bsize * JOURNAL_DISK_SHARE)));
}

function openVaultOf(config: Config['secrets']['vault'], onFault: (error: unknown) => void): OpenVault | null {
  if (config.url === undefined) return null;
  const { url, mount, prefix, namespace, caFile } = config;
  const settings = {
    ...{ url, mount, prefix, namespace, auth: vaultAuthOf(config) },
    ca: caFile === undefined ? undefined : readCa(caFile),
  };
  // An operator names this one place; what users name goes through the egress of the configuration.
  const egress = createEgress({ mode: 'any', allow: [new URL(url).hostname], plainHttp: true });
  const vault = openVault(settings, { egress, onFault });
  return {
    ...vault,
    close: async () => {
      vault.close();
      await egress.close();
    },
  };
}

type OpenVault = Omit<Vault, 'close'> & { close(): Promise<void> };

/** @throws PermanentError `invalid_field` unless there is exactly one way to log in. */
function vaultAuthOf(config: Config['secrets']['vault']): VaultSettings['auth'] {
  const { token, roleId, secretId, kubernetesRole: role, kubernetesTokenFile: tokenFile, authMount } = config;
  if ([token, roleId, role].filter((each) => each !== undefined).length !== 1) {
    const message = 'expected one of secrets.vault.token, secrets.vault.roleId and secrets.vault.kubernetesRole';
    throw new PermanentError('invalid_field', message, 'secrets.vault');
  }
  if (token !== undefined) return { method: 'token', token };
  if (role !== undefined) return { method: 'kubernetes', mount: authMount ?? 'kubernetes', role, tokenFile };
  if (secretId !== undefined) return { method: 'approle', mount: authMount ?? 'approle', roleId: roleId!, secretId };
  throw new PermanentError('invalid_field', 'an AppRole needs its secret id', 'secrets.vault.secretId');
}

function readCa(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new PermanentError('invalid_field', `the certificates cannot be read: ${reason}`, 'secrets.vault.caFile');
  }
}
