import type { DestinationType } from '../../destinations/destination.ts';
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
