import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDestinationSender } from '../../../src/consumers/destination-sender/client.ts';
import type {
  DestinationSender,
  IntegrationDelivery,
  IntegrationFilter,
  RunnableIntegration,
} from '../../../src/consumers/destination-sender/sender.ts';
import { openUndelivered } from '../../../src/consumers/destination-sender/undelivered.ts';
import type { SenderLimits } from '../../../src/consumers/destination-sender/wire.ts';
import { JournalProgress } from '../../../src/journal/disk/progress.ts';
import { type DiskJournalReader, openDiskJournalReader } from '../../../src/journal/disk/reader.ts';
import { JournalFloor } from '../../../src/journal/floor.ts';
import { expand } from '../../../src/pipeline/expand.ts';
import { openTailJournal, type TailJournal } from '../../app/tail-fixture.ts';

/** A journal, and a sender with its thread. */
export interface SenderBed {
  journal: TailJournal;
  reader: DiskJournalReader;
  floor: JournalFloor;
  sender: DestinationSender;
  /** Messages that would have been logged. */
  faults: string[];
  disabled: { id: string; reason: string }[];
  /** The events of all dead letters of an org. */
  undelivered(orgId?: string): Promise<{ reason: string; messages: string[] }[]>;
  /** Closes the sender and opens another, as a restart does. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

const QUICK: Partial<SenderLimits> = {
  retryMsMin: 20,
  retryMsMax: 100,
  pauseMsMin: 20,
  pauseMsMax: 100,
  commitIntervalMs: 20,
  idleCommitIntervalMs: 20,
  reportIntervalMs: 10,
  journalCheckIntervalMs: 20,
};

export async function openSenderBed(
  options: { segmentBytes?: number; limits?: Partial<SenderLimits> } = {},
): Promise<SenderBed> {
  const home = mkdtempSync(join(tmpdir(), 'tailwater-sender-'));
  const journal = await openTailJournal(options);
  const reader = openDiskJournalReader({ dir: journal.dir, progress: new JournalProgress(journal.progress) });
  const floor = new JournalFloor();
  const undeliveredDir = join(home, 'undelivered');
  const store = openUndelivered(undeliveredDir, (body, bytesMax) => expand(body, ['zstd'], bytesMax));
  const faults: string[] = [];
  const disabled: SenderBed['disabled'] = [];
  const open = () => {
    const sender = createDestinationSender({
      journalDir: journal.dir,
      cursorDir: join(home, 'cursors'),
      undeliveredDir,
      progress: journal.progress,
      node: 0,
      floor,
      egress: () => ({ mode: 'any', allow: [], plainHttp: true, ownPorts: [] }),
      limits: { ...QUICK, ...options.limits },
      threadUrl: new URL('./sender-thread.ts', import.meta.url),
      onReport: () => {},
      onFault: (error) => faults.push(error.message),
    });
    sender.onDisabled = (id, reason) => disabled.push({ id, reason });
    return sender;
  };
  const bed: SenderBed = {
    journal,
    reader,
    floor,
    sender: open(),
    faults,
    disabled,
    undelivered: async (orgId = 'acme') => {
      const letters = await store.list(orgId, { limit: 1000 });
      const whole = await Promise.all(letters.toReversed().map(({ id }) => store.get(orgId, id)));
      return whole.map((letter) => ({
        reason: letter!.reason,
        messages: letter!
          .body!.toString()
          .split('\n')
          .map((line) => (JSON.parse(line) as { message: string }).message),
      }));
    },
    restart: async () => {
      await bed.sender.close();
      bed.sender = open();
    },
    close: async () => {
      await bed.sender.close();
      await reader.close();
      await journal.close();
      rmSync(home, { recursive: true, force: true });
    },
  };
  return bed;
}

/** Only full calls go: none that a busy machine has only begun to fill. */
export const FULL = { ageMsMax: 60_000 } as const;

export const WHOLE: IntegrationFilter = {
  logTypes: [],
  eventTypes: [],
  minSeverity: null,
  attributes: [],
  sampleRate: 1,
};

const PATIENT: IntegrationDelivery = {
  eventsPerSecondMax: null,
  journalBytesMax: Number.MAX_SAFE_INTEGER,
  whenFull: 'skip',
  retryAgeMsMax: null,
};

/** An integration of the tests' destination. */
export function integrationTo(
  url: string,
  {
    config = {},
    filter = {},
    delivery = {},
    ...rest
  }: {
    id?: string;
    orgId?: string;
    from?: number;
    secrets?: Record<string, string>;
    config?: Record<string, number>;
    filter?: Partial<IntegrationFilter>;
    delivery?: Partial<IntegrationDelivery>;
  } = {},
): RunnableIntegration {
  return {
    id: 'one',
    orgId: 'acme',
    type: 'ndjson',
    secrets: {},
    from: 1,
    ...rest,
    config: { url, ...config },
    filter: { ...WHOLE, ...filter },
    delivery: { ...PATIENT, ...delivery },
  };
}
