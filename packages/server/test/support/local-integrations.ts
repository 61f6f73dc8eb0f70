import type { ControlDb } from '../../src/control/control-db.ts';
import { Integrations } from '../../src/control/integrations/integrations.ts';
import { openIntegrationSecrets } from '../../src/control/integrations/secrets.ts';
import { openKeyring } from '../../src/control/secrets/keyring.ts';
import type { Vault } from '../../src/control/secrets/vault.ts';
import type { DestinationType } from '../../src/destinations/destination.ts';
import { DESTINATIONS } from '../../src/destinations/registry.ts';
import { createEgress } from '../../src/runtime/egress/create-egress.ts';
import type { Egress } from '../../src/runtime/egress/egress.ts';
import { type LocalSender, localSender } from './local-sender.ts';

export interface LocalIntegrations {
  integrations: Integrations;
  sender: LocalSender;
  egress: Egress;
  faults: unknown[];
}

export interface LocalOptions {
  types?: readonly DestinationType[];
  keys?: string;
  vault?: Vault | null;
  /** Hosts on this machine that may be spoken to. */
  allow?: readonly string[];
  journalNext?: () => number;
}

/** Integrations with a keyring of their own, over a sender that delivers nothing. Close `egress` in the end. */
export function localIntegrations(db: ControlDb, dataDir: string, options: LocalOptions = {}): LocalIntegrations {
  const { types: list = DESTINATIONS, keys, vault = null, allow = [], journalNext = () => 7 } = options;
  const types = new Map(list.map((type) => [type.id, type]));
  const egress = createEgress({ mode: 'public', allow, plainHttp: false });
  const sender = localSender(types, egress);
  const faults: unknown[] = [];
  const onFault = (error: unknown) => faults.push(error);
  const keyring = openKeyring({ keys, keysFile: `${dataDir}/secret-keys` });
  const secrets = openIntegrationSecrets({ keyring, vault, onFault });
  const integrations = new Integrations({
    ...{ db, types, secrets, egress, sender, journalNext, onFault },
    journalBytesMaxDefault: 1 << 30,
  });
  return { integrations, sender, egress, faults };
}
