import type { components } from '../../api/schema.gen.ts';

export type ApiKey = components['schemas']['ApiKey'];
export type Scope = ApiKey['scopes'][number];

/** What a key with the scope may do, in words. */
export const SCOPES: readonly { id: Scope; label: string; may: string }[] = [
  { id: 'ingest', label: 'ingest', may: 'Sends events. Sees none.' },
  { id: 'query', label: 'query', may: 'Finds and watches events. Sends none and changes nothing.' },
  {
    id: 'admin',
    label: 'admin',
    may: 'Both, and manages the org: keys, integrations, retention, log levels, health.',
  },
];

/** Origins as people write them, one a line or with commas between. */
export const originsOf = (text: string): string[] =>
  text
    .split(/[\s,]+/)
    .map((origin) => origin.trim().replace(/\/$/, ''))
    .filter((origin) => origin !== '');

/** Keys that work, and those that are revoked; both newest first. */
export function sortKeys<K extends Pick<ApiKey, 'created_at' | 'revoked_at'>>(
  keys: readonly K[],
): { live: K[]; revoked: K[] } {
  const sorted = keys.toSorted((a, b) => b.created_at.localeCompare(a.created_at));
  return {
    live: sorted.filter(({ revoked_at }) => revoked_at === null),
    revoked: sorted.filter(({ revoked_at }) => revoked_at !== null),
  };
}
