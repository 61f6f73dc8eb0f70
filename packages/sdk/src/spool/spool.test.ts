import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { CheckIn, Shipment } from '../wire.ts';
import { Spool } from './spool.ts';

let dir = '';
const open: Spool[] = [];
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tailwater-spool-'));
});
afterEach(() => {
  for (const spool of open.splice(0)) spool.close();
  rmSync(dir, { recursive: true, force: true });
});

const shipment = (id: string, first: number, count: number, text = 'x'): Shipment => ({
  producer: { id, name: id, service: '', host: '', sdk: '' },
  first,
  count,
  atMs: 5,
  next: first + count,
  lost: { ring_overflow: 1 },
  body: Buffer.from(Array.from({ length: count }, (_, i) => `{"message":"${text} ${first + i}"}\n`).join('')),
});

function spoolOf(producerId: string, bytesMax = 1 << 30) {
  const ended: CheckIn[] = [];
  const options = { dir, bytesMax, syncEachMs: 1 };
  const spool = new Spool({ options, producerId, onEnded: (report) => ended.push(report), onFound: () => {} });
  open.push(spool);
  return { spool, ended };
}

/** Everything that comes out, as [producer, first, count]. */
async function drain(spool: Spool, atMost = 1000): Promise<[string, number, number][]> {
  const all: [string, number, number][] = [];
  for (let taken = await spool.take(); taken !== null && all.length < atMost; taken = await spool.take()) {
    expect(taken.body.toString().split('\n')).toHaveLength(taken.count + 1);
    all.push([taken.producer.id, taken.first, taken.count]);
    await spool.done(taken);
  }
  return all;
}

/** The directory of a producer whose process is gone: this process's, with another's lock. */
async function leaveBehind(id: string, shipments: Shipment[]): Promise<string> {
  const { spool } = spoolOf(id);
  for (const each of shipments) await spool.append(each);
  open.pop()?.close();
  const { pid } = spawnSync(process.execPath, ['-e', '']);
  writeFileSync(join(dir, id, 'lock'), JSON.stringify({ pid, host: hostname(), started: '1' }));
  return join(dir, id);
}
const segmentsOf = (path: string) => readdirSync(path).filter((name) => name.endsWith('.events'));

test('what was appended comes out in order; frames that follow each other in one', async () => {
  const { spool } = spoolOf('a');
  for (const [first, count] of [
    [0, 2],
    [2, 3],
    [10, 1],
  ])
    await spool.append(shipment('a', first, count));
  expect(spool.waiting).toBe(6);
  expect(await drain(spool)).toEqual([
    ['a', 0, 5],
    ['a', 10, 1],
  ]);
  expect([spool.waiting, spool.ready]).toEqual([0, 0]);
  await spool.append(shipment('a', 11, 1));
  expect(await drain(spool)).toEqual([['a', 11, 1]]);
});

test('what was taken and not done comes out again', async () => {
  const { spool } = spoolOf('a');
  await spool.append(shipment('a', 0, 2));
  expect(await spool.take()).toMatchObject({ first: 0 });
  expect(await spool.take()).toMatchObject({ first: 0 });
});

test('with nothing left, nothing is left', async () => {
  const { spool } = spoolOf('a');
  await spool.append(shipment('a', 0, 2));
  await drain(spool);
  spool.close();
  expect(readdirSync(dir)).toEqual([]);
});

test('events of a process that is gone are sent under its name, and it is told that it has ended', async () => {
  await leaveBehind('dead', [shipment('dead', 0, 2), shipment('dead', 5, 1)]);
  const { spool, ended } = spoolOf('b');
  await spool.append(shipment('b', 0, 1));
  expect((await drain(spool)).sort()).toEqual([
    ['b', 0, 1],
    ['dead', 0, 2],
    ['dead', 5, 1],
  ]);
  expect(ended).toMatchObject([{ producer: { id: 'dead' }, next: 6, hasEnded: true, lost: { ring_overflow: 1 } }]);
  expect(readdirSync(dir)).toEqual(['b']);
});

test('those of a living process, of another machine lately, and of what is no producer are let alone', async () => {
  const living = { pid: process.ppid, host: hostname(), started: startOf(process.ppid) };
  const elsewhere = { pid: 1, host: 'elsewhere', started: '1' };
  for (const [name, owner] of [
    ['living', living],
    ['elsewhere', elsewhere],
  ] as const) {
    await leaveBehind(name, [shipment(name, 0, 1)]);
    writeFileSync(join(dir, name, 'lock'), JSON.stringify(owner));
  }
  writeFileSync(join(dir, 'notes.txt'), 'x');
  const { spool } = spoolOf('b');
  expect(await drain(spool)).toEqual([]);
  expect(readdirSync(dir).sort()).toEqual(['b', 'elsewhere', 'living', 'notes.txt']);
});

const startOf = (pid: number): string => {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
};

test('of two that find the same, one has it', async () => {
  await leaveBehind('dead', [shipment('dead', 0, 2)]);
  const [one, other] = [spoolOf('b'), spoolOf('c')];
  expect([await drain(one.spool), await drain(other.spool)]).toEqual([[['dead', 0, 2]], []]);
});

test('a torn end is cut and counted', async () => {
  const path = await leaveBehind('dead', [shipment('dead', 0, 2), shipment('dead', 2, 2)]);
  const [segment] = segmentsOf(path);
  truncateSync(join(path, segment), readFileSync(join(path, segment)).length - 3);
  const { spool } = spoolOf('b');
  expect(await drain(spool)).toEqual([['dead', 0, 2]]);
  expect(spool.damaged).toBe(1);
});

test('changed bytes cost the frame they are in, and are counted', async () => {
  const path = await leaveBehind('dead', [shipment('dead', 0, 2), shipment('dead', 2, 2), shipment('dead', 4, 2)]);
  const [segment] = segmentsOf(path);
  const bytes = readFileSync(join(path, segment));
  bytes[Math.floor(bytes.length / 2)] ^= 1;
  writeFileSync(join(path, segment), bytes);
  const { spool } = spoolOf('b');
  const damaged: number[] = [];
  for (let taken = await spool.take(); taken !== null; taken = await spool.take()) {
    damaged.push(taken.first);
    expect(spool.damaged).toBe(damaged.length - 1);
    await spool.done(taken);
  }
  expect(damaged).toEqual([0, 4]);
});

test('bytes that are none of ours', async () => {
  const path = join(dir, 'dead');
  mkdirSync(path);
  for (let i = 1; i < 20; i++) {
    writeFileSync(join(path, `${String(i).padStart(8, '0')}.events`), Buffer.alloc(i * 7, i * 37));
  }
  expect(await drain(spoolOf('b').spool)).toEqual([]);
  expect(readdirSync(dir)).toEqual(['b']);
});

test('beyond its share of the disk the oldest goes, and is counted', async () => {
  const bytesMax = 100_000;
  const { spool } = spoolOf('a', bytesMax);
  const text = 'x'.repeat(1_000);
  let first = 0;
  for (; first < 400; first += 10) {
    await spool.append(shipment('a', first, 10, text));
    // As while the server is away: something is always under way.
    await spool.take();
  }
  const sizes = segmentsOf(join(dir, 'a')).map((name) => readFileSync(join(dir, 'a', name)).length);
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(bytesMax * 1.3);
  const left = (await drain(spool)).reduce((sum, [, , count]) => sum + count, 0);
  expect(spool.dropped).toBeGreaterThan(200);
  expect(left + spool.dropped).toBe(400);
});

test('files that somebody removed', async () => {
  const { spool } = spoolOf('a');
  await spool.append(shipment('a', 0, 2));
  rmSync(join(dir, 'a'), { recursive: true });
  expect(await drain(spool)).toEqual([]);
  expect([spool.waiting, spool.damaged]).toEqual([0, 1]);
});

test('the last moment of a program', async () => {
  const { spool } = spoolOf('a');
  await spool.append(shipment('a', 0, 2));
  spool.appendSync([shipment('a', 2, 2), shipment('a', 4, 1)]);
  spool.release();
  const next = spoolOf('b');
  expect(await drain(next.spool)).toEqual([
    ['a', 0, 2],
    ['a', 2, 3],
  ]);
});

test('what the disk does not take is sent from memory', async () => {
  const { spool } = spoolOf('a');
  rmSync(join(dir, 'a'), { recursive: true });
  await expect(spool.append(shipment('a', 0, 2))).rejects.toMatchObject({ code: 'ENOENT' });
  expect([spool.heldFirst, spool.ready]).toEqual([0, 2]);
  expect(await drain(spool, 1)).toEqual([['a', 0, 2]]);
  expect(spool.heldFirst).toBeNull();
});
