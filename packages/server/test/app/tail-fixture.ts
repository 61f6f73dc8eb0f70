import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fillAttributeTypes } from '../../src/batch/attribute-types.ts';
import { EventBatch, KIND } from '../../src/batch/event-batch.ts';
import { FIELD } from '../../src/batch/fields.ts';
import { encodeFrame } from '../../src/batch/frame.ts';
import { DEFAULT_LIMITS } from '../../src/batch/limits.ts';
import { SymbolTable } from '../../src/batch/symbol-table.ts';
import { openDiskJournal } from '../../src/journal/disk/journal.ts';
import type { JournalPosition } from '../../src/journal/journal.ts';

export interface TailSample {
  message: string;
  severityNumber?: number;
  service?: string;
  attributes?: Readonly<Record<string, string>>;
}

const batch = new EventBatch(new SymbolTable(), DEFAULT_LIMITS);

/** One journal frame of an org, as the ingest worker makes it. */
export function tailFrame(orgId: string, samples: readonly TailSample[]): Buffer {
  const receivedAtMs = Date.now();
  batch.clear();
  for (const { message, severityNumber = 9, service = 'api', attributes = {} } of samples) {
    batch.beginRow();
    batch.setText(FIELD.message, message);
    batch.setText(FIELD.logType, 'app');
    batch.setText(FIELD.service, service);
    batch.setSeverityNumber(severityNumber);
    const timestampNs = BigInt(receivedAtMs) * 1_000_000n;
    batch.setTimestamp(Number(timestampNs & 0xffffffffn), Number(timestampNs >> 32n));
    for (const [name, value] of Object.entries(attributes)) batch.addAttribute(name, KIND.string, value);
    batch.endRow();
  }
  batch.org.fill(batch.symbols.internText(orgId), batch.rows);
  batch.receiver.fill(batch.symbols.internText('ndjson'), batch.rows);
  batch.receivedAt.fillNumber(receivedAtMs, batch.rows);
  batch.retentionDays.fill(30, batch.rows);
  fillAttributeTypes(batch);
  return encodeFrame(batch, { orgId, receiver: 'ndjson', receivedAtMs });
}

export interface TailJournal {
  dir: string;
  progress: SharedArrayBuffer;
  /** Appends one frame; resolves when it is durable. */
  append(orgId: string, samples: readonly TailSample[]): Promise<JournalPosition>;
  /** Appends bytes that may be no frame of ours. */
  appendPayload(payload: Buffer): Promise<JournalPosition>;
  /** Also removes the directory. */
  close(): Promise<void>;
}

/** A disk journal in a directory of its own. */
export async function openTailJournal(options: { segmentBytes?: number } = {}): Promise<TailJournal> {
  const home = mkdtempSync(join(tmpdir(), 'tailwater-tail-'));
  const dir = join(home, 'journal');
  const { writer, progress } = await openDiskJournal({ dir, node: 0, reserveBytes: 0, ...options });
  return {
    dir,
    progress: progress.buffer,
    append: (orgId, samples) => writer.append([tailFrame(orgId, samples)]),
    appendPayload: (payload) => writer.append([payload]),
    close: async () => {
      await writer.close();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** Messages `first` to `last`, numbered. */
export function numbered(first: number, last: number): TailSample[] {
  return Array.from({ length: last - first + 1 }, (_, i) => ({ message: `event ${first + i}` }));
}

/** Waits for something that another thread brings about. Fails after a minute. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  for (let turn = 0; turn < 12_000; turn++) {
    if (condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error(`waited in vain for ${what}`);
}
