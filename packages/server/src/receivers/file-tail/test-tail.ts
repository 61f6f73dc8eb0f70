import type { Event } from '@tailwater/schema';
import { RetryableError } from '../../runtime/errors.ts';
import { Intervals } from '../../runtime/intervals.ts';
import type { ReceiversConfig } from '../config.ts';
import { receiversConfig } from '../config.ts';
import type { ListenerContext, OpenListener } from '../receiver.ts';
import { newBatch, storedEvents } from '../util/test-batch.ts';
import { fileTail } from './index.ts';

/** For tests: the listener on files, with a pipeline that keeps what it takes. */
export interface TestTail {
  events: Event[];
  warnings: string[];
  held: () => number;
  /** Thrown by the next calls of `accept`. */
  failures: Error[];
  context: ListenerContext;
  listener: OpenListener;
}

const NONE = {
  host: undefined,
  tls: {},
  elasticsearch: {},
  'fluent-forward': {},
  gelf: {},
  journald: {},
  lumberjack: {},
};

function configOf(config: Record<string, unknown>): ReceiversConfig {
  const groups = Object.fromEntries(Object.keys(receiversConfig.shape).map((name) => [name, {}]));
  return receiversConfig.parse({ ...groups, ...NONE, 'file-tail': { pollInterval: 10, scanInterval: 100, ...config } });
}

/** What was taken, by file: it outlives a tail, as the journal does. */
const journal = new Map<string, Intervals>();

export async function startTail(
  stateDir: string,
  config: Record<string, unknown>,
  failures: Error[] = [],
): Promise<TestTail> {
  const events: Event[] = [];
  const warnings: string[] = [];
  let held = 0;
  const batch = newBatch();
  const [{ decode, open }] = fileTail.listeners!;
  const context: ListenerContext = {
    config: configOf(config),
    host: '127.0.0.1',
    limits: batch.limits,
    openMode: true,
    stateDir,
    async check() {},
    async missing(_sender, { producer, first, next }) {
      return journal.get(producer)?.missing(first, next) ?? [first, next];
    },
    async accept({ body, format, query = '', sequence }) {
      await new Promise((resolve) => setImmediate(resolve));
      const failure = failures.shift();
      if (failure !== undefined) throw failure;
      batch.clear();
      const reply = decode(body, batch, { format, query, params: {}, receivedAtMs: 0 });
      events.push(...storedEvents(batch));
      const { producer, first } = sequence!;
      const seen = journal.get(producer) ?? new Intervals(500);
      seen.add(first, first + Number(reply));
      journal.set(producer, seen);
      const { rows, rejectedCount, rejections } = batch;
      return { accepted: rows, rejectedCount, rejections, position: 1, ...(reply ? { reply } : {}) };
    },
    hold: (bytes) => {
      if (held + bytes > 64 << 20) throw new RetryableError('overloaded', 'not now', 10);
      held += bytes;
    },
    release: (bytes) => (held -= bytes),
    count: () => {},
    note: () => {},
    warn: (fields, message) => warnings.push(`${message} ${JSON.stringify(fields)}`),
  };
  const listener = await open(context);
  if (listener === null) throw new Error('no paths');
  return { events, warnings, held: () => held, failures, context, listener };
}
