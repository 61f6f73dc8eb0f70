import type { LookupAddress } from 'node:dns';
import { lookup } from 'node:dns/promises';

/** All addresses of a name. Throws an error with the `code` of getaddrinfo. */
export type Lookup = (host: string) => Promise<readonly LookupAddress[]>;

/** As other programs of this machine do, /etc/hosts and search domains included. */
export const systemLookup: Lookup = (host) => lookup(host, { all: true, order: 'verbatim' });

/** getaddrinfo holds a thread of libuv's four while it waits, and the journal needs them for its files. */
const LOOKUPS_MAX = 2;

/** At most two lookups at a time, and one per name: a name server that hangs holds up other names, but no files. */
export function boundedLookup(resolve: Lookup): Lookup {
  const running = new Map<string, Promise<readonly LookupAddress[]>>();
  const waiting: (() => void)[] = [];
  let free = LOOKUPS_MAX;
  const run = async (host: string) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((go) => waiting.push(go));
    try {
      return await resolve(host);
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free += 1;
      running.delete(host);
    }
  };
  return (host) => {
    const found = running.get(host) ?? run(host);
    running.set(host, found);
    return found;
  };
}
