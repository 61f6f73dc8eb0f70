import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { fillAttributeTypes } from '../../src/batch/attribute-types.ts';
import { EventBatch } from '../../src/batch/event-batch.ts';
import { appendFrame, decodeFrame, encodeFrame } from '../../src/batch/frame.ts';
import { DEFAULT_LIMITS } from '../../src/batch/limits.ts';
import { SymbolTable } from '../../src/batch/symbol-table.ts';
import { decodeJson } from '../../src/receivers/otlp/decode-json.ts';
import { decodeProtobuf } from '../../src/receivers/otlp/decode-protobuf.ts';
import { encodeJson, encodeProtobuf } from '../support/otlp-encode.ts';
import { arbitraryRequest } from '../support/otlp-requests.ts';

const FIXTURES = new URL(
  import.meta.url.replace(/\/packages\/server\/.*/, '/packages/server/src/receivers/otlp/fixtures/'),
);
const GENERATED_SEEDS = 40;

/** Mutated bodies for both decoders. After each the batch must be one that a journal frame can be made of. */
export function fuzzCases(): { name: string; seeds: Buffer[]; run(body: Buffer): void }[] {
  const requests = fc.sample(arbitraryRequest, { seed: 1, numRuns: GENERATED_SEEDS });
  return [
    {
      name: 'otlp-protobuf',
      seeds: [...fixtures('.pb'), ...requests.map(encodeProtobuf)],
      run: runner(decodeProtobuf),
    },
    {
      name: 'otlp-json',
      seeds: [...fixtures('.json'), ...requests.map((request) => encodeJson(request))],
      run: runner(decodeJson),
    },
  ];
}

function fixtures(extension: string): Buffer[] {
  const paths = readdirSync(FIXTURES).map((name) => new URL(`${name}/`, FIXTURES));
  return paths.flatMap((folder) =>
    readdirSync(folder)
      .filter((file) => file === `input${extension}`)
      .map((file) => readFileSync(new URL(file, folder))),
  );
}

function runner(decode: (body: Buffer, batch: EventBatch) => void): (body: Buffer) => void {
  const batch = new EventBatch(new SymbolTable(), DEFAULT_LIMITS);
  const stored = new EventBatch(new SymbolTable(), DEFAULT_LIMITS);
  return (body) => {
    batch.symbols.trimIfLarge();
    stored.symbols.trimIfLarge();
    batch.clear();
    const mark = batch.mark();
    try {
      decode(body, batch);
      checkCounts(batch);
    } catch (error) {
      checkFrame(batch, stored);
      batch.rewind(mark);
      throw error;
    } finally {
      checkFrame(batch, stored);
    }
  };
}

function checkCounts({ received, rows, rejectedCount }: EventBatch): void {
  if (received !== rows + rejectedCount) throw new Error(`${received} received, ${rows} + ${rejectedCount} rejected`);
}

/** Throws when a frame of the batch does not read back as the same columns. */
function checkFrame(batch: EventBatch, stored: EventBatch): void {
  const { rows, symbols } = batch;
  for (const column of [batch.org, batch.receiver, batch.receivedAt, batch.retentionDays]) column.length = 0;
  batch.org.fill(symbols.internText('acme'), rows);
  batch.receiver.fill(symbols.internText('otlp'), rows);
  batch.receivedAt.fillNumber(1, rows);
  batch.retentionDays.fill(30, rows);
  fillAttributeTypes(batch);
  stored.clear();
  appendFrame(stored, decodeFrame(encodeFrame(batch, { orgId: 'acme', receiver: 'otlp', receivedAtMs: 1 })), 1, 1);
  const sizes = (b: EventBatch) => [
    ...[b.rows, b.timestamp.length, b.durationMs.length, b.cost.length, b.severityNumber.length],
    ...[b.attributeEnds.length, b.attributeKeys.length, b.attributeValues.position],
    ...Object.values(b.textColumns).map((column) => column.position),
    ...Object.values(b.symbolColumns).map((column) => column.length),
  ];
  const [before, after] = [sizes(batch).join(), sizes(stored).join()];
  if (before !== after) throw new Error(`the frame differs: ${before} became ${after}`);
}
