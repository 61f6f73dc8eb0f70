import type { DestinationType } from '../../destinations/destination.ts';
import type { Egress } from '../../runtime/egress/egress.ts';
import { PermanentError } from '../../runtime/errors.ts';

const SECRET_CHARACTERS_MAX = 64 << 10;

/** Settings of a destination as a user gives them. */
export interface DestinationDraft {
  type: string;
  config: unknown;
  /** By SecretField.name; null removes one that is set, what is missing stays as it is. */
  secrets: Readonly<Record<string, string | null>>;
}

/** @throws PermanentError `invalid_field` */
export function typeOf(types: ReadonlyMap<string, DestinationType>, id: string): DestinationType {
  const type = types.get(id);
  if (type !== undefined) return type;
  throw new PermanentError('invalid_field', `expected one of ${[...types.keys()].join(', ')}`, 'type');
}

/**
 * The settings as the type reads them, defaults filled in. @throws PermanentError `invalid_field` that names the member,
 * as `config.site`.
 */
export function checkConfig(type: DestinationType, config: unknown): unknown {
  const result = type.config.safeParse(config);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  if (issue!.code === 'unrecognized_keys') {
    const key = issue!.keys[0]!;
    const isSecret = type.secrets.some(({ name }) => name === key);
    const message = isSecret
      ? `\`${key}\` is a secret: it belongs in \`secrets\``
      : `there is no setting \`${key}\` in ${type.title}`;
    throw new PermanentError('invalid_field', message, ['config', ...issue!.path, key].join('.'));
  }
  throw new PermanentError('invalid_field', issue!.message, ['config', ...issue!.path].join('.'));
}

/**
 * What the secrets are after a draft on top of those that were set. @throws PermanentError `invalid_field`, as
 * `secrets.api_key`.
 */
export function mergeSecrets(
  type: DestinationType,
  before: Readonly<Record<string, string>>,
  draft: DestinationDraft['secrets'],
): Record<string, string> {
  const known = new Set(type.secrets.map(({ name }) => name));
  for (const [name, value] of Object.entries(draft)) {
    const field = `secrets.${name}`;
    if (!known.has(name)) throw new PermanentError('invalid_field', `${type.title} has no secret of this name`, field);
    if (value === null) continue;
    if (value.trim() === '' || value.length > SECRET_CHARACTERS_MAX) {
      const message = `expected 1 to ${SECRET_CHARACTERS_MAX} characters; null removes it, leaving it out keeps it`;
      throw new PermanentError('invalid_field', message, field);
    }
  }
  const merged: Record<string, string> = {};
  for (const { name, title, required } of type.secrets) {
    const given = Object.hasOwn(draft, name) ? draft[name] : before[name];
    if (given !== undefined && given !== null) merged[name] = given;
    else if (required) throw new PermanentError('invalid_field', `${title} is needed`, `secrets.${name}`);
  }
  return merged;
}

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
export function addressesOf(config: unknown): Address[] {
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

/** @throws PermanentError `egress_denied` or `invalid_field`, with the setting's name. */
export async function checkAddresses(egress: Pick<Egress, 'check'>, config: unknown): Promise<void> {
  for (const { field, target } of addressesOf(config)) {
    try {
      await egress.check(target);
    } catch (error) {
      if (error instanceof PermanentError) throw new PermanentError(error.code, error.message, field);
      throw error;
    }
  }
}

/**
 * Secrets that stay are sent where the settings say. Who may change the settings must not get them that way, so a new
 * address asks for them again. @throws PermanentError `invalid_field`
 */
export function checkKeptSecrets(
  kept: readonly string[],
  { before, after }: { before: unknown; after: unknown },
): void {
  const [name] = kept;
  if (name === undefined) return;
  const known = new Set(placesOf(before).map(({ target }) => target));
  const moved = placesOf(after).find(({ target }) => !known.has(target));
  if (moved === undefined) return;
  const message = `\`${moved.field}\` leads elsewhere than before: set \`${name}\` again (or to null), so that it goes where you mean it to`;
  throw new PermanentError('invalid_field', message, `secrets.${name}`);
}

const HOST_NAME = /^[a-z0-9_-]+(\.[a-z0-9_-]+)+(:\d{1,5})?$/i;

/** Everything that could name a place: of a URL the origin, since paths change for good reasons, and whatever looks like a host. */
function placesOf(config: unknown): Address[] {
  const places = addressesOf(config).map(({ field, target }) => ({
    field,
    target: URL.parse(target)?.origin ?? target,
  }));
  eachText(config, (text, { field, name }) => {
    if (HOST_NAME.test(text) || HOST_SETTING.test(name)) places.push({ field, target: text.toLowerCase() });
  });
  return places;
}
