import type { Egress } from '../../runtime/egress/egress.ts';
import { PermanentError } from '../../runtime/errors.ts';

/** A setting that says where to connect to. */
interface Address {
  field: string;
  /** A URL, or host:port. */
  target: string;
}

/** Names of settings whose values are hosts though they are no URLs. */
const HOST_SETTING = /(^|_)(host|hosts|server|servers|broker|brokers|address|endpoint)$/;
const HOST_AND_PORT = /^(\[[0-9a-f:.]+\]|[\w.-]+):\d{1,5}$/i;

/** Every address in the settings: URLs wherever they are, and `host:port` or `host` with a `port` beside it by their names. */
function addressesOf(config: unknown): Address[] {
  const found: Address[] = [];
  eachText(config, (text, { field, name, siblings: { port } }) => {
    const isHost = HOST_SETTING.test(name);
    if (/^https?:\/\//i.test(text) || (isHost && HOST_AND_PORT.test(text))) found.push({ field, target: text });
    else if (isHost && typeof port === 'number') {
      found.push({ field, target: `${text.includes(':') ? `[${text}]` : text}:${port}` });
    }
  });
  return found;
}

interface Setting {
  /** `config.brokers.0` */
  field: string;
  /** The last part that is no index. */
  name: string;
  /** The object that it is in. */
  siblings: Record<string, unknown>;
}

function eachText(config: unknown, told: (text: string, setting: Setting) => void): void {
  const visit = (value: unknown, path: readonly string[], siblings: Record<string, unknown>): void => {
    if (typeof value === 'string') {
      const name = path.findLast((part) => !/^\d+$/.test(part)) ?? '';
      told(value, { field: path.join('.'), name, siblings });
      return;
    }
    if (typeof value !== 'object' || value === null) return;
    const members = Array.isArray(value) ? siblings : (value as Record<string, unknown>);
    for (const [name, member] of Object.entries(value)) visit(member, [...path, name], members);
  };
  visit(config, ['config'], {});
}

type Secrets = Readonly<Record<string, string | null>>;

/** Addresses may be secrets themselves: those of webhooks often are all that is needed. */
function secretAddressesOf(secrets: Secrets): Address[] {
  return Object.entries(secrets).flatMap(([name, value]) => {
    const target = value?.trim() ?? '';
    return /^https?:\/\/\S+$/i.test(target) ? [{ field: `secrets.${name}`, target }] : [];
  });
}

/** @throws PermanentError `egress_denied` or `invalid_field`, with the name of the setting or secret. */
export async function checkAddresses(egress: Pick<Egress, 'check'>, config: unknown, secrets: Secrets): Promise<void> {
  for (const { field, target } of [...addressesOf(config), ...secretAddressesOf(secrets)]) {
    try {
      await egress.check(target);
    } catch (error) {
      if (error instanceof PermanentError) throw new PermanentError(error.code, error.message, field);
      throw error;
    }
  }
}

/** What is given in place of what was. */
interface Change {
  before: unknown;
  after: unknown;
  /** Secrets that are set anew. */
  given: Secrets;
}

/**
 * Secrets that stay are sent where the settings say. Who may change the settings must not get them that way, so a new
 * address asks for them again. @throws PermanentError `invalid_field`
 */
export function checkKeptSecrets(kept: readonly string[], { before, after, given }: Change): void {
  const [name] = kept;
  if (name === undefined) return;
  const known = new Set(placesOf(before).map(({ target }) => target));
  const places = [...placesOf(after), ...secretAddressesOf(given).map(originOf)];
  const moved = places.find(({ target }) => !known.has(target));
  if (moved === undefined) return;
  const message = `\`${moved.field}\` leads elsewhere than before: set \`${name}\` again (or to null), so that it goes where you mean it to`;
  throw new PermanentError('invalid_field', message, `secrets.${name}`);
}

const HOST_NAME = /^[a-z0-9_-]+(\.[a-z0-9_-]+)+(:\d{1,5})?$/i;

/** Settings in whose values dots are usual and hosts are not. */
const NO_PLACES = new Set(
  'payload tags labels static_labels event_labels resource_labels attributes index data_stream topic source sourcetype service prefix log_group log_stream template'.split(
    ' ',
  ),
);

/** Everything that could name a place: of a URL the origin, since paths change for good reasons, and whatever looks like a host. */
function placesOf(config: unknown): Address[] {
  const places = addressesOf(config).map(originOf);
  eachText(config, (text, { field, name }) => {
    if (NO_PLACES.has(field.split('.')[1]!)) return;
    if (HOST_NAME.test(text) || HOST_SETTING.test(name)) places.push({ field, target: text.toLowerCase() });
  });
  return places;
}

const originOf = ({ field, target }: Address): Address => ({ field, target: URL.parse(target)?.origin ?? target });
