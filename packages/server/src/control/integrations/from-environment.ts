import type { DestinationType } from '../../destinations/destination.ts';
import { isKnownError, PermanentError } from '../../runtime/errors.ts';
import type { ControlDb } from '../control-db.ts';
import { DEFAULT_ORG_ID } from '../orgs.ts';
import { checkConfig, mergeSecrets } from './check.ts';
import { type Integration, insertIntegration, listIntegrations, updateIntegration } from './rows.ts';
import type { IntegrationSecrets } from './secrets.ts';
import { DEFAULT_DELIVERY, NO_FILTER } from './settings.ts';

interface Surroundings {
  db: ControlDb;
  types: ReadonlyMap<string, DestinationType>;
  secrets: IntegrationSecrets;
  /** DestinationType ids, as `logDestination` has them. */
  wanted: readonly string[];
  environment: Readonly<Record<string, string | undefined>>;
  journalNext: () => number;
  nowMs?: number;
}

/** Id of the integration that the environment describes. */
export const environmentId = (type: string): string => `env-${type}`;

/**
 * Makes or refreshes integrations of the org `default` that LOG_DESTINATION names, from the vendors' usual variables. Those
 * that it names no longer are disabled. Before the sender is given anything.
 * @throws PermanentError `invalid_field` `logDestination` when a type is unknown, or its variables are missing or wrong.
 */
export async function applyEnvironment(surroundings: Surroundings): Promise<void> {
  const { db, wanted } = surroundings;
  const before = (await listIntegrations(db, DEFAULT_ORG_ID)).filter(({ fromEnvironment }) => fromEnvironment);
  const ids = new Set(wanted.map(environmentId));
  for (const type of new Set(wanted)) {
    const known = before.find(({ id }) => id === environmentId(type)) ?? null;
    await refresh(surroundings, type, known);
  }
  for (const gone of before.filter(({ id, enabled }) => enabled && !ids.has(id))) {
    const change = { enabled: false, disabledReason: 'LOG_DESTINATION does not name it any more' };
    await updateIntegration(db, gone, change, surroundings.nowMs ?? Date.now());
  }
}

async function refresh(surroundings: Surroundings, id: string, before: Integration | null): Promise<void> {
  const { db, secrets, journalNext, nowMs = Date.now() } = surroundings;
  const type = typeNamed(surroundings, id);
  const { config, values } = settingsOf(type, surroundings.environment);
  const place = { orgId: DEFAULT_ORG_ID, id: environmentId(id) };
  const kept = secrets.sealed(place, values, before?.secrets ?? {}, nowMs);
  if (before !== null) {
    const change = { config, ...kept, enabled: true, disabledReason: null };
    const isSame = JSON.stringify({ ...before, ...change }) === JSON.stringify(before);
    if (!isSame) await updateIntegration(db, before, change, nowMs);
    return;
  }
  await insertIntegration(db, {
    ...place,
    type: id,
    name: `${type.title} (environment)`,
    config,
    ...kept,
    filter: NO_FILTER,
    delivery: DEFAULT_DELIVERY,
    enabled: true,
    fromPosition: journalNext(),
    disabledReason: null,
    fromEnvironment: true,
    lastTest: null,
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
  });
}

function typeNamed({ types }: Surroundings, id: string): DestinationType {
  const type = types.get(id);
  if (type !== undefined) return type;
  throw refused(`there is no destination \`${id}\`; there are ${[...types.keys()].join(', ')}`);
}

/** Values of the environment are in no message: one that is refused may be a secret in the wrong place. */
function settingsOf(type: DestinationType, environment: Surroundings['environment']) {
  const readme = `packages/server/src/destinations/${type.id}/README.md names them`;
  try {
    const settings = type.fromEnvironment(environment);
    if (settings === null) throw refused(`\`${type.id}\` needs variables that are not set: ${readme}`);
    const config = checkConfig(type, settings.config);
    return { config, values: mergeSecrets(type, {}, settings.secrets) };
  } catch (error) {
    if (isKnownError(error) && error instanceof PermanentError && error.field === FIELD) throw error;
    const field = isKnownError(error) && error instanceof PermanentError ? ` (${error.field}: ${error.message})` : '';
    throw refused(`the variables of \`${type.id}\` cannot be used${field}: ${readme}`);
  }
}

const FIELD = 'logDestination';
const refused = (message: string) => new PermanentError('invalid_field', message, FIELD);
