import { encodeNative } from '../../src/batch/native-encode.ts';
import type { StoredRow } from '../../src/query/logql/events/fields.ts';
import type { EventStore } from '../../src/stores/store.ts';
import { blockOf, type SampleEvent } from '../app/api-fixture.ts';
import { Random } from '../sim/random.ts';
import { isEmpty } from './answers.ts';
import { type Dataset, makeDataset } from './dataset.ts';
import { readOrg } from './reference.ts';
import { shrinkList, shrinkQuery } from './shrink.ts';
import { makeTask, type TwinTask, taskText } from './tasks.ts';
import { type Pushed, runTwins, type TwinResult } from './twins.ts';

export interface CampaignOptions {
  store: EventStore;
  seed: number;
  datasets: number;
  queriesEach: number;
  /** Faults that are shrunk and told; then it ends. */
  faultsMax: number;
  print(line: string): void;
}

export interface CampaignReport {
  pairs: number;
  pushed: Record<Pushed, number>;
  fellBack: number;
  empty: number;
  errors: Record<string, number>;
  /** Each with all that is needed to see it again. */
  faults: string[];
}

const EVENTS_MAX = 400;
/** Of so many datasets one has more events than a page of rows, and one streams too long to name: they go by hash. */
const SPECIAL_EVERY = 20;
const LARGE_EVENTS = 3_000;
const LONG_LABEL = 'x'.repeat(12_000);
/** Queries at a time: most of the time is the store's. */
const CONCURRENCY = 6;

/** Generated queries over generated events, the same from the same seed. */
export async function runCampaign(options: CampaignOptions): Promise<CampaignReport> {
  const { store, seed, datasets, queriesEach, faultsMax, print } = options;
  const report: CampaignReport = {
    pairs: 0,
    pushed: { aggregated: 0, whole: 0, narrowed: 0, none: 0, 'no streams': 0 },
    fellBack: 0,
    empty: 0,
    errors: {},
    faults: [],
  };
  for (let number = 0; number < datasets && report.faults.length < faultsMax; number++) {
    const random = new Random(seed + number * 7919);
    const size = random.chance(0.1) ? random.between(1, 10) : random.between(100, EVENTS_MAX);
    const isLarge = number % SPECIAL_EVERY === SPECIAL_EVERY / 2 - 1;
    const dataset = makeDataset(random, `twins-${seed}-${number}`, isLarge ? LARGE_EVENTS : size);
    if (number % SPECIAL_EVERY === SPECIAL_EVERY - 1) lengthenLabels(dataset);
    await insert(store, dataset.orgId, dataset.frames);
    const rows = await readOrg(store, dataset.orgId);
    const tasks = Array.from({ length: queriesEach }, () => makeTask(random, dataset));
    const failed: TwinTask[] = [];
    const each = async () => {
      for (let task = tasks.pop(); task !== undefined; task = tasks.pop()) {
        const result = await runTwins(task, store, rows);
        count(report, result);
        if (result.fault !== null) failed.push(task);
      }
    };
    await Promise.all(Array.from({ length: CONCURRENCY }, each));
    for (const task of failed.slice(0, faultsMax - report.faults.length)) {
      report.faults.push(await tellFault(store, { seed, number, dataset, rows, task }));
      print(report.faults.at(-1)!);
    }
    if (number % 10 === 9) print(`${report.pairs} pairs, ${report.faults.length} faults`);
  }
  return report;
}

function lengthenLabels({ frames }: Dataset): void {
  for (const event of frames.flat()) event.labels = { ...event.labels, long: LONG_LABEL + event.labels?.app };
}

function count(report: CampaignReport, { answer, pushed, fellBack }: TwinResult): void {
  report.pairs++;
  report.pushed[pushed]++;
  if (fellBack) report.fellBack++;
  if (isEmpty(answer)) report.empty++;
  if (answer.kind !== 'error') return;
  const message = answer.message.slice(0, 60);
  report.errors[message] = (report.errors[message] ?? 0) + 1;
}

async function insert(store: EventStore, orgId: string, frames: readonly (readonly SampleEvent[])[]): Promise<void> {
  for (const [i, events] of frames.entries()) {
    const { parts } = encodeNative(blockOf(orgId, events, { node: 0, frame: i + 1 }), { position: true });
    await store.insert(parts, events.length, `${orgId}:${i}`);
  }
}

interface Failure {
  seed: number;
  number: number;
  dataset: Dataset;
  rows: readonly StoredRow[];
  task: TwinTask;
}

/** The fault with as small a query and as few events as show it. */
async function tellFault(store: EventStore, { seed, number, dataset, rows, task }: Failure): Promise<string> {
  const query = await shrinkQuery(task.query, async (smaller) => {
    const { fault } = await runTwins({ ...task, query: smaller }, store, rows);
    return fault !== null && !fault.includes('parse error');
  });
  let small: TwinTask = { ...task, query };
  let shown = await runTwins(small, store, rows);
  let tries = 0;
  const placed = dataset.frames.flatMap((events, frame) => events.map((event) => ({ frame, event })));
  const events = await shrinkList(placed, async (some) => {
    const orgId = `${dataset.orgId}-${taskNumber++}-${tries++}`;
    const frames = dataset.frames.map((_, i) => some.filter(({ frame }) => frame === i).map(({ event }) => event));
    await insert(
      store,
      orgId,
      frames.filter((frame) => frame.length > 0),
    );
    const tried = { ...small, orgId };
    const result = await runTwins(tried, store, await readOrg(store, orgId));
    if (result.fault === null) return false;
    [small, shown] = [tried, result];
    return true;
  });
  const shownEvents = events.map(({ event }) =>
    JSON.stringify(event, (_, v: unknown) => (typeof v === 'bigint' ? `${v}n` : v)),
  );
  return [
    `FAULT seed ${seed}, dataset ${number}: ${query}`,
    `  first seen with ${task.query}`,
    `  ${taskText(small)}`,
    `  ${shown.fault}`,
    ...shownEvents.slice(0, 5).map((event) => `  event ${event}`),
    `  ${events.length} events`,
  ].join('\n');
}

/** Orgs of tries are never used again. */
let taskNumber = 0;
