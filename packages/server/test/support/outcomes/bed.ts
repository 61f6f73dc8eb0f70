import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { Admission } from '../../../src/admission/admission.ts';
import { Quotas } from '../../../src/admission/quotas.ts';
import { type Config, loadConfig } from '../../../src/config.ts';
import { createApiKey } from '../../../src/control/api-keys.ts';
import { Authenticator } from '../../../src/control/authenticator.ts';
import { bootstrap } from '../../../src/control/bootstrap.ts';
import { openControlDb } from '../../../src/control/control-db.ts';
import { OrgCache } from '../../../src/control/org-cache.ts';
import { DEFAULT_ORG_ID } from '../../../src/control/orgs.ts';
import { createIngestHandler } from '../../../src/http/ingest-handler.ts';
import { createHttpServer, drain, listen } from '../../../src/http/listen.ts';
import { PrefixStore } from '../../../src/http/prefix-store.ts';
import { listenerContext } from '../../../src/open-listeners.ts';
import { pathsOf } from '../../../src/parts.ts';
import { Producers } from '../../../src/producers/producers.ts';
import { receiversConfig } from '../../../src/receivers/config.ts';
import type { OpenListener } from '../../../src/receivers/receiver.ts';
import { RECEIVERS } from '../../../src/receivers/registry.ts';
import { createRouter } from '../../../src/receivers/router.ts';
import { ADMIN_KEY, tempDir } from '../server.ts';
import { type Script, ScriptedIngest } from './scripted-ingest.ts';

/** The page that the browser key is for. */
export const ORIGIN = 'https://shop.example';

/** Keys and orgs, and what makes a bed over a script. One for all beds. */
export interface BedMaker {
  make(script: Script): Promise<Bed>;
  close(): Promise<void>;
}

/** The program's own way from a socket to `accept`, over a script. */
export interface Bed {
  ingest: ScriptedIngest;
  admission: Admission;
  /** Opens listeners, and may send. */
  apiKey: string;
  browserKey: string;
  /** What went to the server's own log as a fault of ours. */
  faults: unknown[];
  /** What listeners counted as lost or refused, by reason. */
  counts: Record<string, number>;
  /** A directory of its own. */
  dir: string;
  openHttp(): Promise<{ httpPort: number; close(): Promise<void> }>;
  /** `receivers` is that section of the configuration. */
  openListener(receiver: string, listener: string, receivers: Record<string, unknown>): Promise<OpenListener>;
}

const DRAIN_DEADLINE_MS = 4000;

export async function createBeds(): Promise<BedMaker> {
  const db = await openControlDb(tempDir());
  await bootstrap(db, ADMIN_KEY);
  const { secret: browserKey } = await createApiKey(db, {
    orgId: DEFAULT_ORG_ID,
    name: 'page',
    scopes: ['ingest'],
    browserOrigins: [ORIGIN],
  });
  const orgs = new OrgCache(db);
  const unexpected = (error: unknown) => Promise.reject(error);
  const authenticator = new Authenticator(db, { orgs, openMode: false, onFault: unexpected });
  const quotas = await Quotas.open(db, unexpected);
  const producers = await openProducers(unexpected);
  const make = async (script: Script): Promise<Bed> => {
    const ingest = new ScriptedIngest(script);
    const admission = new Admission({
      ...{ authenticator, orgs, ingest, quotas, producers, defaultRetentionDays: 30 },
      browserKeyBytesPerSecond: 1 << 30,
    });
    return bedOf({ ingest, admission, producers, browserKey });
  };
  return {
    make,
    close: async () => {
      await quotas.close();
      await authenticator.close();
      await db.close();
    },
  };
}

/** Over a journal in memory, too: nothing here is numbered by its sender. */
function openProducers(onFault: (error: unknown) => void): Promise<Producers> {
  return Producers.open({
    cursor: { name: 'producers', load: () => null, commit: async () => {} },
    reader: {
      async *read() {},
      range: () => ({ oldest: 1, next: 1 }),
      bytes: () => 0,
      trim: async () => {},
      close: async () => {},
    },
    durableNext: () => 1,
    onSaved: () => {},
    onFault,
  });
}

type Seam = Pick<Bed, 'ingest' | 'admission' | 'browserKey'> & { producers: Producers };

function bedOf({ ingest, admission, producers, browserKey }: Seam): Bed {
  const faults: unknown[] = [];
  const counts: Record<string, number> = {};
  const dir = tempDir();
  const bed = { ingest, admission, apiKey: ADMIN_KEY, browserKey, faults, counts, dir };
  return {
    ...bed,
    openHttp: () => openHttp(bed),
    async openListener(receiver, id, receivers) {
      const found = RECEIVERS.find((each) => each.id === receiver)!;
      const listener = found.listeners!.find((each) => each.id === id)!;
      const context = listenerContext({ ...partsOf(bed, receivers), ingest, admission, producers }, found, listener);
      return (await listener.open(context))!;
    },
  };
}

type BareBed = Omit<Bed, 'openHttp' | 'openListener'>;

async function openHttp({ ingest, admission, faults, dir }: BareBed) {
  const stopping = new AbortController();
  const handle = createIngestHandler({
    ...{ find: createRouter(), ingest, admission, bodyBytesMax: 20 << 20 },
    stopping: stopping.signal,
    prefixes: new PrefixStore(join(dir, 'broken-off'), (error) => faults.push(error)),
    waitStored: async () => true,
    onAnswer: () => {},
    onFault: (error) => faults.push(error),
  });
  const server = createHttpServer({
    ...{ headersTimeoutMs: 10_000, requestTimeoutMs: 10_000 },
    onRequest: (request, response) => {
      if (!handle(request, response)) response.writeHead(404).end();
    },
    onUpgrade: (_, socket) => socket.destroy(),
  });
  const httpPort = await listen(server, '127.0.0.1', 0);
  const close = () => {
    stopping.abort();
    return drain(server, DRAIN_DEADLINE_MS);
  };
  return { httpPort, close };
}

function partsOf({ faults, counts, dir }: BareBed, receivers: Record<string, unknown>) {
  const defaults = loadConfig({ flags: {}, environment: {}, readFile: () => '' });
  const names = Object.keys(receiversConfig.shape).filter((name) => name !== 'host');
  const sections = Object.fromEntries(names.map((name) => [name, {}]));
  const config: Config = { ...defaults, receivers: receiversConfig.parse({ ...sections, ...receivers }) };
  return {
    config,
    paths: pathsOf(dir),
    log: {
      warn: () => {},
      error: ({ err }: Record<string, unknown>) => void faults.push(err),
    },
    telemetry: {
      countAnswer: () => {},
      countListener: (_: string, reason: string, by: number) => {
        counts[reason] = (counts[reason] ?? 0) + by;
      },
    },
  };
}

/** A certificate for the TLS ports; null where there is no openssl to make one. */
export function selfSigned(): { cert: string; key: string } | null {
  const dir = tempDir();
  const [cert, key] = [join(dir, 'cert.pem'), join(dir, 'key.pem')];
  const args = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost';
  const { status } = spawnSync('openssl', [...args.split(' '), '-keyout', key, '-out', cert]);
  return status === 0 ? { cert, key } : null;
}
