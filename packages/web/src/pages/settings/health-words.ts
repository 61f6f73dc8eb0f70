import { formatBytes, formatCount, formatDuration, formatPercent, plural } from '../../lib/format.ts';
import type { System } from './system-query.ts';

export type HealthState = 'good' | 'warn' | 'bad';

export interface PartHealth {
  id: 'journal' | 'store' | 'disk' | 'memory' | 'ingest' | 'queries';
  name: string;
  state: HealthState;
  /** One or two sentences: how it is, what that means, what can be done. */
  sentence: string;
}

/** Until then the store is as fast as anybody notices. */
const LAG_MS_MAX = 5_000;
const FREE_SHARE_WARN = 0.15;
const FREE_SHARE_BAD = 0.05;

export function journalHealth({ journal }: Pick<System, 'journal'>): PartHealth {
  const base = { id: 'journal', name: 'Journal' } as const;
  if (!journal.ready) {
    const fault = journal.fault === null ? '' : ` (${journal.fault})`;
    return {
      ...base,
      state: 'bad',
      sentence: `The journal takes no events${fault}: senders are told to come back (503), and keep theirs. Look at the disk of the data directory.`,
    };
  }
  return {
    ...base,
    state: 'good',
    sentence: `Every event is written here before its sender is answered. It has ${formatBytes(journal.bytes)} on disk.`,
  };
}

/** With a store that is away or behind, what waits and that nothing is lost. */
export function storeHealth({ store, journal }: Pick<System, 'store' | 'journal'>): PartHealth {
  const base = { id: 'store', name: 'Event store' } as const;
  const { lag_events, lag_ms } = store;
  const waits = lag_events === null ? plural(journal.backlog_frames, 'batch', 'batches') : plural(lag_events, 'event');
  const verb = (lag_events ?? journal.backlog_frames) === 1 ? 'waits' : 'wait';
  if (!store.ready) {
    const why = store.detail === '' ? '' : ` (${store.detail})`;
    return {
      ...base,
      state: 'bad',
      sentence: `The store does not answer${why}. Events are still taken in: ${waits} ${verb} in the journal; nothing is lost. Searching works again when it is back.`,
    };
  }
  if (lag_ms !== null && lag_ms > LAG_MS_MAX) {
    return {
      ...base,
      state: 'warn',
      sentence: `The store is ${formatDuration(Math.round(lag_ms / 1000) * 1000)} behind: ${waits} ${verb} in the journal; nothing is lost.`,
    };
  }
  const found =
    lag_ms === null
      ? 'soon after they come in'
      : `within ${formatDuration(Math.max(1000, Math.ceil(lag_ms / 1000) * 1000))}`;
  return { ...base, state: 'good', sentence: `Events can be found ${found}. ${restartWords(store.restarts)}` };
}

function restartWords(restarts: number): string {
  if (restarts === 0) return 'It has not been restarted.';
  return `It was restarted ${restarts === 1 ? 'once' : `${formatCount(restarts)} times`} since the server started.`;
}

export function diskHealth({ disk }: Pick<System, 'disk'>): PartHealth {
  const share = disk.total_bytes === 0 ? 1 : disk.free_bytes / disk.total_bytes;
  const free = `${formatBytes(disk.free_bytes)} of ${formatBytes(disk.total_bytes)} are free (${formatPercent(share)})`;
  const base = { id: 'disk', name: 'Disk' } as const;
  const advice = 'Make room, or keep events for fewer days.';
  if (share < FREE_SHARE_BAD) return { ...base, state: 'bad', sentence: `Nearly full: ${free}. ${advice}` };
  if (share < FREE_SHARE_WARN) return { ...base, state: 'warn', sentence: `Filling up: ${free}. ${advice}` };
  return { ...base, state: 'good', sentence: `${free}.` };
}

export function memoryHealth({ memory }: Pick<System, 'memory'>): PartHealth {
  const engine = memory.engine_rss_bytes === null ? '' : `, the store’s engine ${formatBytes(memory.engine_rss_bytes)}`;
  return {
    id: 'memory',
    name: 'Memory',
    state: 'good',
    sentence: `The server holds ${formatBytes(memory.rss_bytes)}${engine}.`,
  };
}

export function ingestHealth({ ingest }: Pick<System, 'ingest'>): PartHealth {
  const base = { id: 'ingest', name: 'Ingest' } as const;
  const rate = `${perSecond(ingest.events_per_s, 'event')}, ${formatBytes(ingest.bytes_per_s)} per second`;
  if (ingest.rejected_per_s > 0) {
    return {
      ...base,
      state: 'warn',
      sentence: `${rate}. ${perSecond(ingest.rejected_per_s, 'event')} are rejected: the dead letters say why.`,
    };
  }
  return { ...base, state: 'good', sentence: `${rate}. None is rejected.` };
}

const perSecond = (count: number, what: string): string =>
  `${count > 0 && count < 10 ? Number(count.toFixed(1)) : formatCount(Math.round(count))} ${what}s per second`;

export function queryHealth({
  queries_running,
  tails_open,
}: Pick<System, 'queries_running' | 'tails_open'>): PartHealth {
  const queries = `${plural(queries_running, 'query', 'queries')} ${queries_running === 1 ? 'runs' : 'run'} now`;
  return {
    id: 'queries',
    name: 'Queries and tails',
    state: 'good',
    sentence: `${queries}; ${plural(tails_open, 'live tail')} ${tails_open === 1 ? 'is' : 'are'} open.`,
  };
}

export const healthOf = (system: System): PartHealth[] => [
  storeHealth(system),
  journalHealth(system),
  ingestHealth(system),
  diskHealth(system),
  memoryHealth(system),
  queryHealth(system),
];

/** All of it in a line, the worst first. */
export function overallHealth(parts: readonly PartHealth[]): { state: HealthState; sentence: string } {
  const worst = parts.find(({ state }) => state === 'bad') ?? parts.find(({ state }) => state === 'warn');
  if (worst === undefined) return { state: 'good', sentence: 'All is well.' };
  const isNamed = worst.sentence.startsWith('The ');
  return { state: worst.state, sentence: isNamed ? worst.sentence : `${worst.name}: ${worst.sentence}` };
}

const PART_NAMES: Readonly<Record<string, string>> = {
  journal: 'Journal',
  store: 'Event store',
  dead_letters: 'Dead letters',
  undelivered: 'Undelivered by integrations',
  control: 'Settings and keys',
  other: 'Other files of Tailwater',
};

/** What the parts take on disk, largest first, with shares of their sum. */
export function diskParts(byPart: System['disk']['by_part']): { name: string; bytes: number; share: number }[] {
  const sum = Object.values(byPart).reduce((all, bytes) => all + bytes, 0);
  return Object.entries(byPart)
    .map(([part, bytes]) => ({ name: PART_NAMES[part] ?? part, bytes, share: sum === 0 ? 0 : bytes / sum }))
    .toSorted((a, b) => b.bytes - a.bytes);
}
