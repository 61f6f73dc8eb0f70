import { PermanentError } from '../../runtime/errors.ts';
import type { Keyring } from '../secrets/keyring.ts';
import { keyIdOf, seal, unseal } from '../secrets/sealing.ts';
import type { Vault } from '../secrets/vault.ts';
import type { Integration, SealedSecret } from './rows.ts';

type Place = Pick<Integration, 'orgId' | 'id'>;
type Kept = Pick<Integration, 'secrets' | 'inVault'>;
type Values = Record<string, string>;

/** Secrets of integrations: sealed in the control database, and in Vault where there is one, whose word then counts. */
export interface IntegrationSecrets {
  /** What the row keeps of the values. Vault gets them first: RetryableError while it is away. */
  save(place: Place, values: Values, before: Integration['secrets'], nowMs: number): Promise<Kept>;
  /** The same without Vault, for what the environment says at every start. */
  sealed(place: Place, values: Values, before: Integration['secrets'], nowMs: number): Kept;
  /** What the row keeps once Vault has what was only sealed; null when there is nothing to do. */
  moved(integration: Place & Kept): Promise<Kept | null>;
  /** What the row keeps when Vault has other values than its copy; null when they are the same. */
  copied(integration: Place & Kept, values: Values, nowMs: number): Kept | null;
  /** All values, of the sealed copy while Vault is away. @throws PermanentError `destination_unauthorized` */
  open(integration: Place & Kept): Promise<Values>;
  /** Those alone that are wanted: one that cannot be opened is no obstacle to setting it anew. */
  openThose(integration: Place & Kept, isWanted: (name: string) => boolean): Promise<Values>;
  /** Takes them out of Vault. Never throws. */
  forget(integration: Place & Kept): Promise<void>;
  /** The secrets sealed by the first key; null when they are already. @throws PermanentError `destination_unauthorized` */
  resealed(integration: Place & Kept): Integration['secrets'] | null;
  /** Whether a key was made and put first: not where keys are configured, nor where no secret was ever sealed. */
  addKey(): boolean;
  /** Of the key that seals. */
  keyId(): string;
}

/** Of one request to Vault, at a save or at start. */
const VAULT_TIMEOUT_MS = 10_000;

export function openIntegrationSecrets({
  keyring,
  vault,
  onFault,
}: {
  keyring: Keyring;
  vault: Vault | null;
  onFault: (error: unknown, integrationId: string) => void;
}): IntegrationSecrets {
  const signal = () => AbortSignal.timeout(VAULT_TIMEOUT_MS);
  const unsealed = ({ orgId, id, secrets }: Place & Kept, isWanted: (name: string) => boolean): Values =>
    Object.fromEntries(
      Object.entries(secrets)
        .filter(([name]) => isWanted(name))
        .map(([name, { sealed }]) => [name, unseal(keyring, { orgId, integrationId: id, field: name }, sealed)]),
    );
  const openThose = async (integration: Place & Kept, isWanted: (name: string) => boolean): Promise<Values> => {
    if (!Object.keys(integration.secrets).some(isWanted)) return {};
    if (vault === null || !integration.inVault) return unsealed(integration, isWanted);
    try {
      const values = await vault.read(integration.id, signal());
      if (values !== null) return Object.fromEntries(Object.entries(values).filter(([name]) => isWanted(name)));
    } catch (error) {
      // Not only while it is away: a policy that was taken from us by mistake must not stop what is forwarded.
      onFault(error, integration.id);
      return unsealed(integration, isWanted);
    }
    const message = `Vault has nothing at log-integrations/${integration.id} any more: the secrets were removed there. Set them anew`;
    throw new PermanentError('destination_unauthorized', message, 'secrets');
  };
  const sealed: IntegrationSecrets['sealed'] = ({ orgId, id }, values, before, nowMs) => {
    const secrets: Record<string, SealedSecret> = {};
    for (const [field, value] of Object.entries(values)) {
      const place = { orgId, integrationId: id, field };
      const kept = before[field];
      const isSame = kept !== undefined && sealsThis(keyring, place, kept.sealed, value);
      secrets[field] = isSame ? kept : { sealed: seal(keyring, place, value), updatedAtMs: nowMs };
    }
    return { secrets, inVault: false };
  };
  return {
    sealed,
    async save(place, values, before, nowMs) {
      const kept = sealed(place, values, before, nowMs);
      if (vault === null) return kept;
      await vault.write(place.id, values, signal());
      return { ...kept, inVault: true };
    },
    async moved(integration) {
      if (vault === null || integration.inVault) return null;
      await vault.write(
        integration.id,
        unsealed(integration, () => true),
        signal(),
      );
      return { secrets: integration.secrets, inVault: true };
    },
    copied(integration, values, nowMs) {
      if (vault === null || !integration.inVault) return null;
      const { secrets } = sealed(integration, values, integration.secrets, nowMs);
      const names = new Set([...Object.keys(secrets), ...Object.keys(integration.secrets)]);
      const isSame = [...names].every((name) => secrets[name] === integration.secrets[name]);
      return isSame ? null : { secrets, inVault: true };
    },
    open: (integration) => openThose(integration, () => true),
    openThose,
    async forget({ id, inVault }) {
      if (vault === null || !inVault) return;
      await vault.remove(id, signal()).catch((error: unknown) => onFault(error, id));
    },
    resealed({ orgId, id, secrets }) {
      const primary = keyring.sealingKey().id;
      const old = Object.entries(secrets).filter(([, { sealed }]) => keyIdOf(sealed) !== primary);
      if (old.length === 0) return null;
      const again = old.map(([field, secret]) => {
        const place = { orgId, integrationId: id, field };
        return [field, { ...secret, sealed: seal(keyring, place, unseal(keyring, place, secret.sealed)) }];
      });
      return { ...secrets, ...Object.fromEntries(again) };
    },
    addKey: () => keyring.keys().length > 0 && keyring.addKey() !== null,
    keyId: () => keyring.sealingKey().id,
  };
}

/** Whether the sealed value is this one and sealed by the first key. */
function sealsThis(keyring: Keyring, place: Parameters<typeof unseal>[1], sealed: string, value: string): boolean {
  if (keyIdOf(sealed) !== keyring.sealingKey().id) return false;
  try {
    return unseal(keyring, place, sealed) === value;
  } catch {
    return false;
  }
}
