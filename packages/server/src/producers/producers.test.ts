import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openCursor } from '../journal/cursor.ts';
import { openDiskJournal } from '../journal/disk/journal.ts';
import { openDiskJournalReader } from '../journal/disk/reader.ts';
import type { Receipt } from '../receivers/receiver.ts';
import { RetryableError } from '../runtime/errors.ts';
import { Producers, type ProducersState } from './producers.ts';
import { type ProducerReport, parseSequence } from './sequence.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tailwater-producers-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

/** Over a journal and a cursor on the disk; `dir` is opened again and again. */
async function open(clock = { nowMs: 1_000_000 }) {
  const journalDir = join(dir, 'journal');
  const { writer, progress } = await openDiskJournal({ dir: journalDir, nextAtLeast: 1, node: 0 });
  const reader = openDiskJournalReader({ dir: journalDir, progress });
  const floors: number[] = [];
  const producers = await Producers.open({
    cursor: await openCursor<ProducersState>(join(dir, 'cursors'), 'producers'),
    reader,
    durableNext: () => progress.read().next,
    onSaved: (position) => floors.push(position),
    onFault: (error) => {
      throw error;
    },
    nowMs: () => clock.nowMs,
  });
  const close = async () => {
    await producers.close();
    await reader.close();
    await writer.close();
  };
  return { producers, floors, clock, close, append: () => writer.append([Buffer.from('a frame')]) };
}

const receipt = (accepted: number): Receipt => ({ accepted, rejectedCount: 0, rejections: [], position: 1 });
const batch = (id: string, first: number, count: number) => parseSequence(`id=${id}; first=${first}; count=${count}`)!;
const report = (name: string): ProducerReport => ({ ...batch(name, 0, 1).report, name });

test('batches of one producer wait for each other, and too many are refused', async () => {
  const { producers, close } = await open();
  let release = () => {};
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  let underWay = 0;
  let most = 0;
  const submit = async () => {
    most = Math.max(most, ++underWay);
    await gate;
    underWay--;
    return receipt(1);
  };
  const sent = Array.from({ length: 20 }, (_, i) => producers.once('acme', batch('p', i, 1), submit));
  const settled = Promise.allSettled(sent);
  release();
  const outcomes = await settled;
  expect(most).toBe(1);
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(16);
  expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(4);
  await close();
});

test('what failed is new the next time', async () => {
  const { producers, close } = await open();
  const refuse = async () => {
    throw new RetryableError('disk_full', 'no space', 1000);
  };
  await expect(producers.once('acme', batch('p', 0, 3), refuse)).rejects.toThrow('no space');
  const places: unknown[] = [];
  await producers.once('acme', batch('p', 0, 3), async (given) => {
    places.push(given);
    return receipt(3);
  });
  await producers.once('acme', batch('p', 2, 3), async (given) => {
    places.push(given);
    return receipt(2);
  });
  expect(places).toEqual([null, [1, 2]]);
  await close();
});

test('what is saved is known again, with the place from before the batches under way', async () => {
  const { producers, append, floors, close } = await open();
  const take = async () => {
    await append();
    return receipt(5);
  };
  await producers.once('acme', batch('p', 0, 5), take);
  await close();
  expect(floors.at(-1)).toBe(2);
  const again = await open();
  const answer = await again.producers.once('acme', batch('p', 0, 5), take);
  expect(answer).toMatchObject({ accepted: 5, position: 1 });
  expect(again.producers.list('globex')).toEqual([]);
  await again.close();
});

test('producers and files are forgotten apart from each other, the longest silent first', async () => {
  const { producers, clock, close } = await open();
  producers.checkIn('acme', 'first', report('first'));
  clock.nowMs++;
  for (let i = 0; i < 6_000; i++) {
    await producers.record('acme', { producer: `file${i}`, first: 0, next: 1 }, async () => receipt(1));
  }
  expect(producers.list('acme')).toHaveLength(1);
  for (let i = 0; i < 5_500; i++) producers.checkIn('acme', `p${i}`, report(`p${i}`));
  const listed = producers.list('acme').map(({ id }) => id);
  expect(listed.length).toBeLessThanOrEqual(5_500);
  expect(listed).not.toContain('first');
  expect(producers.missing('acme', { producer: 'file0', first: 0, next: 1 })).toEqual([]);
  await close();
});

test('what was not heard of for two weeks is forgotten', async () => {
  const { producers, clock, close } = await open();
  producers.checkIn('acme', 'old', report('old'));
  clock.nowMs += 15 * 24 * 3_600_000;
  producers.checkIn('acme', 'new', report('new'));
  await close();
  const again = await open(clock);
  expect(again.producers.list('acme').map(({ id }) => id)).toEqual(['new']);
  await again.close();
});
