import type { DecodeRequest, RequestHead } from '../receivers/receiver.ts';

/** What stands in a path for the key. */
const HIDDEN = '***';

/** The path without the API key, which some clients put there (`/v1/input/KEY`): it is shown among refused attempts. */
export function pathWithoutKey({ path, params }: RequestHead, secret: string | undefined): string {
  const keys = [secret, params.key].filter((key) => key !== undefined && key !== '');
  if (keys.length === 0) return path;
  const holdsKey = (segment: string) => keys.some((key) => decoded(segment).includes(key!));
  return path
    .split('/')
    .map((segment) => (holdsKey(segment) ? HIDDEN : segment))
    .join('/');
}

/** Query and parameters of the path without the API key: a dead letter keeps them. */
export function withoutKey(
  { query, params }: RequestHead,
  secret: string | undefined,
): Pick<DecodeRequest, 'query' | 'params'> {
  const holdsKey = (value: string) => secret !== undefined && secret !== '' && value.includes(secret);
  const kept = (entries: Iterable<[string, string]>) => [...entries].filter(([, value]) => !holdsKey(value));
  return {
    query: new URLSearchParams(kept(query)).toString(),
    params: Object.fromEntries(kept(Object.entries(params)).filter(([name]) => name !== 'key')),
  };
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
