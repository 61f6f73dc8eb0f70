import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Files, realFiles } from './files.ts';
import { encodeFrameHeader, encodeSegmentHeader, FRAME_HEADER_BYTES, SEGMENT_HEADER_BYTES } from './format.ts';
import { type DiskJournalOptions, openDiskJournal } from './journal.ts';
import { openDiskJournalReader } from './reader.ts';
import { defaultReserveBytes, defaultSegmentBytes } from './space.ts';

const MIB = 2 ** 20;
const never = new AbortController().signal;

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'journal-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

const open = (options: Partial<DiskJournalOptions> = {}) =>
  openDiskJournal({ dir, node: 1, segmentBytes: 1000, reserveBytes: 0, ...options });
const segments = () =>
  readdirSync(dir)
    .filter((name) => name.endsWith('.seg'))
    .toSorted();
const damagedFiles = () => readdirSync(join(dir, 'damaged')).toSorted();

/** Opens, appends the texts, closes. */
async function written(texts: string[], options: Partial<DiskJournalOptions> = {}): Promise<void> {
  const { writer } = await open(options);
  for (const text of texts) await writer.append([Buffer.from(text)]);
  await writer.close();
}

/** Opens, reads everything, closes. */
async function readBack(options: Partial<DiskJournalOptions> = {}) {
  const { writer, progress, report } = await open(options);
  const reader = openDiskJournalReader({ dir, progress });
  const frames: string[] = [];
  for await (const { position, payload } of reader.read(1, { follow: false, signal: never })) {
    frames.push(`${position}:${payload}`);
  }
  await writer.close();
  return { frames, next: writer.next, report, damage: reader.damage };
}

function edit(name: string, change: (bytes: Buffer) => Buffer): void {
  writeFileSync(join(dir, name), change(readFileSync(join(dir, name))));
}

function flip(name: string, at: number): void {
  edit(name, (bytes) => {
    bytes[at]! ^= 16;
    return bytes;
  });
}

describe('segments', () => {
  test('are left before they would go over their size, and are named by their first position', async () => {
    await written(Array.from({ length: 5 }, () => 'x'.repeat(300)));
    expect(segments()).toEqual(['0000000000000001.seg', '0000000000000003.seg', '0000000000000005.seg']);
  });
  test('hold one payload when it is larger', async () => {
    await written(['a', 'x'.repeat(5000), 'c']);
    expect(segments()).toEqual(['0000000000000001.seg', '0000000000000002.seg', '0000000000000003.seg']);
  });
  test('without frames are used again by the next start', async () => {
    for (let i = 0; i < 3; i += 1) await (await open()).writer.close();
    expect(segments()).toEqual(['0000000000000001.seg']);
  });
  test.each([
    [64 * MIB, 2 * MIB, 6.4 * MIB],
    [10 * MIB, MIB, MIB],
    [2 ** 40, 64 * MIB, 256 * MIB],
    [0, MIB, 0],
  ])('of a file system of %d bytes have %d bytes at most, and %d are kept free', (total, segmentBytes, reserve) => {
    expect(defaultSegmentBytes(total)).toBe(segmentBytes);
    expect(defaultReserveBytes(total)).toBe(Math.floor(reserve));
  });
});

describe('opening', () => {
  test('reports an empty directory', async () => {
    const { report } = await readBack();
    expect(report).toEqual({ segments: 0, framesScanned: 0, tornBytes: 0, damagedBytes: 0 });
  });
  test('refuses the journal of another node', async () => {
    await written(['a']);
    await expect(open({ node: 2 })).rejects.toMatchObject({ code: 'conflict' });
  });
  test('refuses a later format, and leaves it alone', async () => {
    const header = encodeSegmentHeader({ version: 2, node: 1, salt: 1, first: 1 });
    writeFileSync(join(dir, '0000000000000001.seg'), header);
    await expect(open()).rejects.toMatchObject({ code: 'conflict' });
    expect(readFileSync(join(dir, '0000000000000001.seg'))).toEqual(header);
  });
  test('takes no notice of other files', async () => {
    for (const name of ['1.seg', '000000000000000g.seg', 'lost+found']) writeFileSync(join(dir, name), 'x');
    await written(['a']);
    expect((await readBack()).frames).toEqual(['1:a']);
  });
  test('gives no position that a consumer has passed', async () => {
    await written(['a', 'b']);
    for (const name of segments()) unlinkSync(join(dir, name));
    await written(['c'], { nextAtLeast: 3 });
    expect((await readBack()).frames).toEqual(['3:c']);
  });
  test('answers an error of the disk as journal_unavailable', async () => {
    const list = () => {
      throw Object.assign(new Error('bad block'), { code: 'EIO' });
    };
    await expect(open({ files: { ...realFiles, list } })).rejects.toMatchObject({ code: 'journal_unavailable' });
  });
  test('lets a bug be a bug', async () => {
    const list = () => {
      throw new TypeError('no');
    };
    await expect(open({ files: { ...realFiles, list } })).rejects.toThrow(TypeError);
  });
});

describe('what a crash leaves', () => {
  const last = '0000000000000001.seg';
  test.each([
    ['nothing of the last segment', 0, []],
    ['a piece of its header', 20, []],
    ['one copy of its header', 40, []],
    ['only its header', SEGMENT_HEADER_BYTES, []],
    ['a piece of a frame header', SEGMENT_HEADER_BYTES + 10, []],
    ['a frame header', SEGMENT_HEADER_BYTES + FRAME_HEADER_BYTES, []],
    ['a piece of a payload', SEGMENT_HEADER_BYTES + FRAME_HEADER_BYTES + 3, []],
    ['one frame', SEGMENT_HEADER_BYTES + FRAME_HEADER_BYTES + 4, ['1:one ']],
    ['one frame and a piece', SEGMENT_HEADER_BYTES + FRAME_HEADER_BYTES + 9, ['1:one ']],
  ])('%s: what is not whole is cut, its position given again', async (_, size, frames) => {
    await written(['one ', 'two']);
    truncateSync(join(dir, last), size);
    const { next, report, damage, ...found } = await readBack();
    expect(found.frames).toEqual(frames);
    expect(next).toBe(frames.length + 1);
    expect(report.damagedBytes + damage.bytes).toBe(0);
    await written(['new']);
    expect((await readBack()).frames).toEqual([...frames, `${next}:new`]);
  });
  test('zeros instead of the last frame: set aside, because they may have been one', async () => {
    await written(['one', 'two']);
    edit(last, (bytes) => bytes.fill(0, SEGMENT_HEADER_BYTES + FRAME_HEADER_BYTES + 3));
    const { frames, next, report } = await readBack();
    expect(frames).toEqual(['1:one']);
    expect(next).toBeGreaterThan(2);
    expect(report.damagedBytes).toBe(FRAME_HEADER_BYTES + 3);
    expect(damagedFiles()).toEqual([`${last}-91-118`]);
  });
  test('a torn frame before a segment without frames: cut there too, and not taken for damage', async () => {
    await written(['one']);
    const { length } = readFileSync(join(dir, last));
    await written([]);
    const header = Buffer.alloc(FRAME_HEADER_BYTES);
    edit(last, (bytes) => {
      encodeFrameHeader(header, 0, bytes.readUInt32LE(12), 2, 100, 0);
      return Buffer.concat([bytes, header]);
    });
    const { frames, report, damage } = await readBack();
    expect(frames).toEqual(['1:one']);
    expect(report).toEqual({ segments: 2, framesScanned: 1, tornBytes: FRAME_HEADER_BYTES, damagedBytes: 0 });
    expect(damage.bytes).toBe(0);
    expect(readFileSync(join(dir, last)).length).toBe(length);
  });
  test('a group taken back that comes up again behind the end of its segment is not read', async () => {
    await written(['one']);
    const before = readFileSync(join(dir, last));
    await written(['two']);
    const header = Buffer.alloc(FRAME_HEADER_BYTES);
    encodeFrameHeader(header, 0, before.readUInt32LE(12), 2, 0, 0);
    edit(last, (bytes) => Buffer.concat([bytes, header]));
    expect((await readBack()).frames).toEqual(['1:one', '2:two']);
  });
});

describe('rot', () => {
  const first = '0000000000000001.seg';
  const frameAt = (index: number) => SEGMENT_HEADER_BYTES + index * (FRAME_HEADER_BYTES + 4);
  const texts = ['aaaa', 'bbbb', 'cccc', 'dddd'];

  test.each([
    ['the magic of a frame', frameAt(1)],
    ['its length', frameAt(1) + 6],
    ['its position', frameAt(1) + 8],
    ['its checksum', frameAt(1) + 17],
    ['its header checksum', frameAt(1) + 23],
    ['its payload', frameAt(1) + 25],
  ])('in %s costs that frame, is counted once and set aside once', async (_, at) => {
    await written(texts);
    flip(first, at);
    for (let i = 0; i < 2; i += 1) {
      const { frames, damage, report } = await readBack();
      expect(frames).toEqual(['1:aaaa', '3:cccc', '4:dddd']);
      expect(damage).toEqual({ ranges: 1, bytes: FRAME_HEADER_BYTES + 4 });
      expect(report.damagedBytes).toBe(0);
    }
    expect(damagedFiles()).toEqual([`${first}-${frameAt(1)}-${frameAt(2)}`]);
    expect(readFileSync(join(dir, 'damaged', damagedFiles()[0]!)).length).toBe(FRAME_HEADER_BYTES + 4);
  });
  test('in one copy of a segment header costs nothing', async () => {
    await written(texts);
    flip(first, 9);
    expect((await readBack()).frames.length).toBe(4);
  });
  test('in both copies costs the segment, and its positions are not given again', async () => {
    await written(texts);
    edit(first, (bytes) => bytes.fill(255, 0, SEGMENT_HEADER_BYTES));
    const { frames, next, damage } = await readBack();
    expect(frames).toEqual([]);
    expect(next).toBeGreaterThan(4);
    expect(damage).toEqual({ ranges: 1, bytes: frameAt(4) });
    expect(damagedFiles()).toEqual([`${first}-0-${frameAt(4)}`]);
  });
  test('does not make frames of what a client sent to look like them', async () => {
    const fake = Buffer.alloc(FRAME_HEADER_BYTES);
    encodeFrameHeader(fake, 0, 0, 2, 0, 0);
    const { writer } = await open();
    await writer.append([Buffer.from('a')]);
    await writer.append([fake, fake, fake]);
    await writer.append([Buffer.from('c')]);
    await writer.close();
    flip(first, SEGMENT_HEADER_BYTES + FRAME_HEADER_BYTES + 1);
    expect((await readBack()).frames).toEqual(['1:a', '3:c']);
  });
  test('that is already there does not hide what is appended behind it', async () => {
    const { writer, progress } = await open();
    const reader = openDiskJournalReader({ dir, progress });
    const stop = new AbortController();
    await writer.append([Buffer.from('a')]);
    flip(first, SEGMENT_HEADER_BYTES);
    const frames = reader.read(1, { follow: true, signal: stop.signal })[Symbol.asyncIterator]();
    const next = frames.next();
    await expect.poll(() => reader.damage.ranges).toBe(1);
    await writer.append([Buffer.from('b')]);
    expect((await next).value?.position).toBe(2);
    stop.abort();
    await frames.next();
    await writer.close();
  });
});

describe('space', () => {
  /** A disk that says how much is free. */
  function meteredDisk() {
    const disk = { total: 10_000, free: 5000, asked: 0, milliseconds: 0, files: realFiles, clock: { now: () => 0 } };
    disk.clock.now = () => disk.milliseconds;
    disk.files = {
      ...realFiles,
      space: () => {
        disk.asked += 1;
        return { total: disk.total, free: disk.free };
      },
    };
    return disk;
  }
  const codeOf = (work: Promise<unknown>) =>
    work.then(
      () => 'ok',
      (error: { code: string }) => error.code,
    );

  test('is asked for at most every 250 ms, and the reserve is kept', async () => {
    const disk = meteredDisk();
    const { writer } = await open({ files: disk.files, clock: disk.clock, reserveBytes: 1000 });
    const append = (bytes: number) => codeOf(writer.append([Buffer.alloc(bytes)]));
    expect(await append(100)).toBe('ok');
    const { asked } = disk;
    disk.free = 999;
    disk.milliseconds = 249;
    expect(await append(100)).toBe('ok');
    expect(disk.asked).toBe(asked);
    disk.milliseconds = 250;
    expect(await append(100)).toBe('disk_full');
    expect(writer.fault).toBe('disk_full');
    disk.free = 5000;
    expect(await append(100)).toBe('disk_full');
    disk.milliseconds = 500;
    expect(writer.fault).toBe(null);
    expect(await append(100)).toBe('ok');
    await writer.close();
  });
  test('that one large payload lacks is no fault for the others', async () => {
    const disk = meteredDisk();
    const { writer } = await open({ files: disk.files, clock: disk.clock, reserveBytes: 1000 });
    expect(await codeOf(writer.append([Buffer.alloc(4500)]))).toBe('disk_full');
    expect(writer.fault).toBe(null);
    expect(await codeOf(writer.append([Buffer.alloc(100)]))).toBe('ok');
    await writer.close();
  });
  test('is not missed on a file system that cannot tell', async () => {
    const disk = meteredDisk();
    disk.total = 0;
    disk.free = 0;
    const { writer } = await open({ files: disk.files, clock: disk.clock, reserveBytes: 1000 });
    expect(await codeOf(writer.append([Buffer.alloc(100)]))).toBe('ok');
    await writer.close();
  });
});

test('a write that the kernel takes piece by piece is one frame', async () => {
  const files: Files = {
    ...realFiles,
    write: (fd, parts, position) => realFiles.write(fd, [Buffer.concat(parts).subarray(0, 7)], position),
  };
  await written(['one', 'a longer one, of several pieces', ''], { files });
  expect((await readBack()).frames).toEqual(['1:one', '2:a longer one, of several pieces', '3:']);
});

test('payloads that take several write calls each come back whole', async () => {
  const { writer, progress } = await open();
  const large = ['a', 'b'].map((letter) => Buffer.alloc(5 * MIB + 1, `${letter}0123456789`));
  await Promise.all(large.map((bytes) => writer.append([Buffer.from('<'), bytes, Buffer.from('>')])));
  const payloads: Buffer[] = [];
  for await (const { payload } of openDiskJournalReader({ dir, progress }).read(1, { follow: false, signal: never })) {
    payloads.push(Buffer.from(payload));
  }
  await writer.close();
  expect(payloads.map((payload) => payload.length)).toEqual([5 * MIB + 3, 5 * MIB + 3]);
  expect(payloads.every((payload, i) => payload.subarray(1, -1).equals(large[i]!))).toBe(true);
});

test('a payload over the limit of a frame is refused for good', async () => {
  const { writer } = await open();
  // A view without memory behind it: only its length is looked at.
  const part = Object.defineProperty(new Uint8Array(), 'length', { value: 2 ** 30 + 1 });
  await expect(writer.append([part])).rejects.toMatchObject({ code: 'payload_too_large' });
  await writer.close();
});
