import { fillAttributeTypes } from '../batch/attribute-types.ts';
import { type BatchMark, EventBatch } from '../batch/event-batch.ts';
import { encodeFrame } from '../batch/frame.ts';
import type { IngestLimits } from '../batch/limits.ts';
import { markOfTaken, type SequenceMark } from '../batch/sequence-mark.ts';
import type { SymbolTable } from '../batch/symbol-table.ts';
import type { JournalWriter } from '../journal/journal.ts';
import type { OrgSettings, Processor, ProcessorReport } from '../processors/processor.ts';
import type { ContentEncoding, Decode, DecodeRequest, Receipt } from '../receivers/receiver.ts';
import { PermanentError, RetryableError } from '../runtime/errors.ts';
import { type DeadLetterKeeper, isMendable, type Refused } from './dead-letters.ts';
import { expand } from './expand.ts';

/** One request on its way from the socket to the journal. */
export interface IngestTask {
  /** As the registry names it. */
  decoder: string;
  receiver: string;
  body: Buffer;
  encodings: readonly ContentEncoding[];
  request: DecodeRequest;
  orgId: string;
  settings: OrgSettings;
  /**
   * Set when a dead letter is sent again: the places of the events to take, null for all. What is rejected of it makes no
   * new letter.
   */
  only?: readonly number[] | null;
  /** Set when the sender numbers its events. */
  sequence?: TaskSequence;
  /**
   * Set when nobody sends a body again that is refused as a whole: it then is refused only once its dead letter is
   * durable, and to be tried again until then.
   */
  mustKeep?: boolean;
}

export interface TaskSequence extends SequenceMark {
  /** The places of the events that are not there yet, null for all; undefined when numbers are not of events. */
  places?: readonly number[] | null;
}

export type TaskOutcome = { receipt: Receipt } | { error: PermanentError | RetryableError };

export interface IngestResult {
  outcomes: TaskOutcome[];
  /** What the processors did, keyed `name\torg`, and `events\torg\treceiver` and `bytes\t…`, summed over the tasks. */
  report: ProcessorReport;
}

export interface IngestDependencies {
  journal: JournalWriter;
  decoders: ReadonlyMap<string, Decode>;
  processors: readonly Processor[];
  symbols: SymbolTable;
  limits: IngestLimits;
  deadLetters?: DeadLetterKeeper;
}

/** Column memory above which a batch is thrown away after use, so that one huge request is not paid for ever. */
const BATCH_BYTES_KEPT = 48 << 20;

/**
 * The hot path: expand, decode, process, encode, append. Tasks of one org and receiver that come together share one
 * frame (each of them is in it whole or not at all), because for small requests the frame is most of the cost.
 */
export function createIngest(
  dependencies: IngestDependencies,
): (tasks: readonly IngestTask[]) => Promise<IngestResult> {
  let batch = new EventBatch(dependencies.symbols, dependencies.limits);
  return async (tasks) => {
    const outcomes: TaskOutcome[] = [];
    const report: ProcessorReport = {};
    const appends: Promise<void>[] = [];
    for (let start = 0; start < tasks.length; ) {
      let end = start + 1;
      while (end < tasks.length && sharesFrame(tasks[start], tasks[end])) end++;
      appends.push(ingestGroup(dependencies, batch, tasks.slice(start, end), outcomes, report));
      if (batch.memoryBytes() > BATCH_BYTES_KEPT) batch = new EventBatch(dependencies.symbols, dependencies.limits);
      start = end;
    }
    await Promise.all(appends);
    return { outcomes, report };
  };
}

/** Bodies above this are not put together: they fill a frame well enough. */
const COALESCED_BODY_BYTES_MAX = 16 << 10;

function sharesFrame(first: IngestTask, next: IngestTask): boolean {
  return (
    first.only === undefined &&
    next.only === undefined &&
    first.orgId === next.orgId &&
    first.receiver === next.receiver &&
    first.body.length + next.body.length <= COALESCED_BODY_BYTES_MAX * 2 &&
    next.body.length <= COALESCED_BODY_BYTES_MAX
  );
}

/** Fills in the group's outcomes, in order, once its frame is durable. All of the batch is read before it returns. */
async function ingestGroup(
  dependencies: IngestDependencies,
  batch: EventBatch,
  tasks: readonly IngestTask[],
  outcomes: TaskOutcome[],
  report: ProcessorReport,
): Promise<void> {
  const base = outcomes.length;
  const refused: RefusedTask[] = [];
  batch.symbols.trimIfLarge();
  batch.clear();
  for (const task of tasks) {
    outcomes.push(decodeTask(dependencies, batch, task, (one) => refused.push({ ...one, outcome: outcomes.length })));
  }
  if (batch.rows > 0) {
    const frame = frameOf(dependencies, batch, tasks[0], marksOf(tasks, outcomes, base), report);
    try {
      settle(outcomes, base, tasks.length, await dependencies.journal.append([frame]));
    } catch (error) {
      // All of it is sent again, what was refused as well.
      return fail(outcomes, base, tasks.length, error);
    }
  }
  for (const outcome of await keepRefused(dependencies, refused, report)) outcomes[outcome] = { error: NOT_KEPT };
}

/** What was refused of a task, and the place of its outcome. */
type RefusedTask = Refused & Pick<IngestTask, 'mustKeep'> & { outcome: number };

const NOT_KEPT = new RetryableError('disk_full', 'what was refused cannot be kept as a dead letter now', 5000);

/** The batch as it goes into the journal. */
function frameOf(
  dependencies: IngestDependencies,
  batch: EventBatch,
  task: IngestTask,
  marks: readonly SequenceMark[],
  report: ProcessorReport,
): Buffer {
  const { orgId, receiver, settings, request } = task;
  fillContext(batch, task);
  const context = { orgId, receivedAtMs: request.receivedAtMs, settings };
  for (const processor of dependencies.processors) addReport(report, processor.apply(batch, context), `\t${orgId}`);
  fillAttributeTypes(batch);
  const frame = encodeFrame(batch, { orgId, receiver, receivedAtMs: request.receivedAtMs, marks });
  addReport(report, { events: batch.rows, bytes: frame.length }, `\t${orgId}\t${receiver}`);
  return frame;
}

/** Of those tasks that were decoded: what was rejected of them will be rejected again, and is not waited for. */
function marksOf(tasks: readonly IngestTask[], outcomes: readonly TaskOutcome[], base: number): SequenceMark[] {
  return tasks.flatMap(({ sequence }, i) => {
    const outcome = outcomes[base + i];
    if (sequence === undefined || !('receipt' in outcome)) return [];
    return [sequence.places === undefined ? markOfTaken(sequence, outcome.receipt.reply) : sequence];
  });
}

/** Resolves with the outcomes of bodies that had to be kept and could not be. */
async function keepRefused(
  { deadLetters }: IngestDependencies,
  refused: readonly RefusedTask[],
  report: ProcessorReport,
): Promise<number[]> {
  const notKept: number[] = [];
  if (deadLetters === undefined) return notKept;
  // One after another: each is a copy of a body.
  for (const one of refused) {
    const { kept, lost } = await deadLetters.keep(one);
    const suffix = `\t${one.orgId}\t${one.receiver}`;
    if (kept > 0) addReport(report, { dead_letters: kept }, suffix);
    if (kept === 0 && one.error !== null && one.mustKeep === true) notKept.push(one.outcome);
    else if (lost > 0) addReport(report, { dead_letters_lost: lost }, suffix);
  }
  return notKept;
}

/** `refuse` is told of what is refused for good, for the dead letters. */
function decodeTask(
  dependencies: IngestDependencies,
  batch: EventBatch,
  task: IngestTask,
  refuse: (one: Omit<RefusedTask, 'outcome'>) => void,
): TaskOutcome {
  const mark = batch.mark();
  let body: Buffer | null = null;
  try {
    const decode = dependencies.decoders.get(task.decoder);
    if (decode === undefined) throw new Error(`no decoder ${task.decoder}`);
    body = expand(task.body, task.encodings, dependencies.limits.bodyExpandedBytesMax);
    batch.beginRequest();
    const places = task.only ?? task.sequence?.places;
    batch.only = places == null ? null : new Set(places);
    const reply = decode(body, batch, task.request);
    checkCount(batch, task.sequence);
    const receipt = receiptOf(batch, mark);
    if (typeof reply === 'string') receipt.reply = reply;
    const { rejectedCount, rejections } = receipt;
    const indexes = batch.rejectedIndexes.slice(mark.rejectedIndexes);
    if (task.only !== undefined) receipt.rejectedIndexes = indexes;
    else if (rejectedCount > 0) refuse({ ...task, body, rejections, rejectedCount, indexes, error: null });
    return { receipt };
  } catch (error) {
    batch.rewind(mark);
    if (body !== null && task.only === undefined && body.length > 0 && isMendable(error)) {
      refuse({ ...task, body, rejections: [], rejectedCount: 0, indexes: null, error });
    }
    if (error instanceof PermanentError) return { error };
    throw error;
  }
}

/** Another number of events than announced would give later ones the numbers of others. */
function checkCount({ received }: EventBatch, sequence: TaskSequence | undefined): void {
  if (sequence?.places === undefined || received === sequence.next - sequence.first) return;
  const message = `the body has ${received} events, its header counts ${sequence.next - sequence.first}`;
  throw new PermanentError('invalid_field', message, 'X-Tailwater-Producer');
}

function receiptOf(batch: EventBatch, mark: BatchMark): Receipt {
  return {
    accepted: batch.rows - mark.rows,
    rejectedCount: batch.rejectedCount - mark.rejectedCount,
    rejections: batch.rejections.slice(mark.rejections),
    position: null,
  };
}

function fillContext(batch: EventBatch, { orgId, receiver, settings, request }: IngestTask): void {
  batch.org.fill(batch.symbols.internText(orgId), batch.rows);
  batch.receiver.fill(batch.symbols.internText(receiver), batch.rows);
  batch.receivedAt.fillNumber(request.receivedAtMs, batch.rows);
  batch.retentionDays.fill(settings.retentionDays, batch.rows);
}

function settle(outcomes: TaskOutcome[], base: number, count: number, position: number): void {
  for (let i = base; i < base + count; i++) {
    const outcome = outcomes[i];
    if ('receipt' in outcome && outcome.receipt.accepted > 0) outcome.receipt.position = position;
  }
}

function fail(outcomes: TaskOutcome[], base: number, count: number, error: unknown): void {
  if (!(error instanceof RetryableError || error instanceof PermanentError)) throw error;
  for (let i = base; i < base + count; i++) {
    const outcome = outcomes[i];
    if ('receipt' in outcome && outcome.receipt.accepted > 0) outcomes[i] = { error };
  }
}

/** Counters are keyed by name, org and (for what the pipeline itself counts) receiver, separated by tabs. */
function addReport(total: ProcessorReport, part: ProcessorReport, suffix: string): void {
  for (const name in part) total[name + suffix] = (total[name + suffix] ?? 0) + part[name];
}
