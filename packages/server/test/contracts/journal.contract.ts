import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Cursor, JournalPosition, JournalReader, JournalWriter } from '../../src/journal/journal.ts';
import { RetryableError } from '../../src/runtime/errors.ts';

/** One journal of some kind, and what can go wrong with the place where it is kept. */
export interface JournalStorage {
  /** Opens what was stored so far. The one before must have been closed or crashed. */
  open(): Promise<{ writer: JournalWriter; reader: JournalReader }>;
  cursor<State>(name: string): Promise<Cursor<State>>;
  /** From now on there is no space, or there is again. */
  setFull(full: boolean): void;
  /** The next sync fails, once. */
  failNextSync(): void;
  /** Leaves half a frame behind the last one, as a crash does. Call it on a closed journal. */
  tearTail(): void;
  /** Makes the payload of the frame at `position` rot. */
  damage(position: JournalPosition): void;
  /** Payload bytes that surely go over the size of a segment, in few appends. */
  readonly segmentBytes: number;
  remove(): Promise<void>;
}

const never = new AbortController().signal;
const utf8 = (text: string) => [Buffer.from(text)];

async function readAll(reader: JournalReader, from = 1): Promise<[JournalPosition, string][]> {
  const frames: [JournalPosition, string][] = [];
  for await (const { position, payload } of reader.read(from, { follow: false, signal: never })) {
    frames.push([position, payload.toString()]);
  }
  return frames;
}

/** The rules of src/journal/journal.ts, by their names. */
export function journalContract(kind: string, make: () => Promise<JournalStorage>): void {
  describe(`journal: ${kind}`, () => {
    let storage: JournalStorage;
    let writer: JournalWriter;
    let reader: JournalReader;

    const open = async () => {
      ({ writer, reader } = await storage.open());
    };
    const close = async () => {
      await writer.close();
      await reader.close();
    };
    const reopen = async () => {
      await close();
      await open();
    };
    const append = (text: string) => writer.append(utf8(text));
    const codeOf = (work: Promise<unknown>) =>
      work.then(
        () => 'no error',
        (error: unknown) => (error instanceof RetryableError ? error.code : error),
      );

    beforeEach(async () => {
      storage = await make();
      await open();
    });
    afterEach(async () => {
      await close();
      await storage.remove();
    });

    describe('J1 positions', () => {
      test('start at 1 and rise by one in the order of the calls', async () => {
        expect(writer.next).toBe(1);
        expect(await Promise.all(['a', 'b', 'c'].map(append))).toEqual([1, 2, 3]);
        expect(await append('d')).toBe(4);
        expect(writer.next).toBe(5);
      });
      test('count the appends under way in `next`', async () => {
        const under = append('a');
        expect(writer.next).toBe(2);
        await under;
        expect(writer.next).toBe(2);
      });
      test('go on after a restart', async () => {
        await append('a');
        await reopen();
        expect(await append('b')).toBe(2);
        expect(await readAll(reader)).toEqual([
          [1, 'a'],
          [2, 'b'],
        ]);
      });
      test('go on after everything was trimmed and the server started again', async () => {
        for (let i = 0; i < 8; i += 1) await writer.append([Buffer.alloc(storage.segmentBytes / 2)]);
        await reader.trim(writer.next);
        await reopen();
        await reader.trim(writer.next);
        await reopen();
        expect(reader.range()).toEqual({ oldest: 9, next: 9 });
        expect(await append('i')).toBe(9);
      });
    });

    describe('J2 payloads', () => {
      test('of several parts are one', async () => {
        await writer.append([Buffer.from('one, '), new Uint8Array(), Buffer.from('two')]);
        expect(await readAll(reader)).toEqual([[1, 'one, two']]);
      });
      test('may be empty', async () => {
        await writer.append([]);
        await append('b');
        expect(await readAll(reader)).toEqual([
          [1, ''],
          [2, 'b'],
        ]);
      });
      test('may have more parts than the system writes at once', async () => {
        const parts = Array.from({ length: 3000 }, (_, i) => Buffer.from(`${i},`));
        await writer.append(parts);
        await append('b');
        expect(await readAll(reader)).toEqual([
          [1, Buffer.concat(parts).toString()],
          [2, 'b'],
        ]);
      });
      test('may be larger than a segment', async () => {
        const large = 'x'.repeat(storage.segmentBytes * 3 + 7);
        await Promise.all([append('a'), append(large), append('c')]);
        await reopen();
        expect(await readAll(reader)).toEqual([
          [1, 'a'],
          [2, large],
          [3, 'c'],
        ]);
      });
      test('come back whole and in order, whatever their sizes', async () => {
        const texts = Array.from({ length: 300 }, (_, i) => `${i}:`.padEnd((i * i) % 5000, 'y'));
        await Promise.all(texts.map(append));
        const expected = texts.map((text, i) => [i + 1, text]);
        expect(await readAll(reader)).toEqual(expected);
        await reopen();
        expect(await readAll(reader)).toEqual(expected);
        expect(await readAll(reader, 250)).toEqual(expected.slice(249));
      });
    });

    describe('J3, J5 a full disk', () => {
      test('refuses appends, is named as the fault, and leaves no trace of them', async () => {
        await append('a');
        storage.setFull(true);
        expect(await Promise.all(['x', 'y'].map((text) => codeOf(append(text))))).toEqual(['disk_full', 'disk_full']);
        expect(writer.fault).toBe('disk_full');
        expect(writer.next).toBe(2);
        storage.setFull(false);
        expect(await append('b')).toBe(2);
        expect(writer.fault).toBe(null);
        await reopen();
        expect(await readAll(reader)).toEqual([
          [1, 'a'],
          [2, 'b'],
        ]);
      });
      test('lets reading go on, also after a restart, and appends work again by themselves', async () => {
        await append('a');
        storage.setFull(true);
        await reopen();
        expect(await readAll(reader)).toEqual([[1, 'a']]);
        expect(await codeOf(append('x'))).toBe('disk_full');
        storage.setFull(false);
        expect(await append('b')).toBe(2);
        expect(await readAll(reader)).toEqual([
          [1, 'a'],
          [2, 'b'],
        ]);
      });
    });

    describe('J4 damage', () => {
      test('a torn tail is cut', async () => {
        await append('a');
        await close();
        storage.tearTail();
        await open();
        expect(await append('b')).toBe(2);
        expect(await readAll(reader)).toEqual([
          [1, 'a'],
          [2, 'b'],
        ]);
      });
      test('in the middle is skipped, and the others keep their numbers', async () => {
        await Promise.all(['a', 'b', 'c'].map(append));
        storage.damage(2);
        expect(await readAll(reader)).toEqual([
          [1, 'a'],
          [3, 'c'],
        ]);
        await reopen();
        expect(await readAll(reader)).toEqual([
          [1, 'a'],
          [3, 'c'],
        ]);
      });
      test('of the last frame does not give its number to another', async () => {
        await Promise.all(['a', 'b'].map(append));
        await close();
        storage.damage(2);
        await open();
        const position = await append('c');
        expect(position).toBeGreaterThan(2);
        expect(await readAll(reader)).toEqual([
          [1, 'a'],
          [position, 'c'],
        ]);
      });
    });

    test('J6 a failed sync is final until a restart', async () => {
      await append('a');
      storage.failNextSync();
      expect(await codeOf(append('x'))).toBe('journal_unavailable');
      expect(await codeOf(append('y'))).toBe('journal_unavailable');
      expect(writer.fault).toBe('journal_unavailable');
      expect((await readAll(reader)).length).toBe(1);
      await reopen();
      expect(writer.fault).toBe(null);
      const position = await append('b');
      expect((await readAll(reader)).at(-1)).toEqual([position, 'b']);
    });

    describe('J7 a cursor', () => {
      test('is null before its first commit, and comes back with its state', async () => {
        const cursor = await storage.cursor<{ to: number }>('store-writer');
        expect(cursor.load()).toBe(null);
        await cursor.commit(7, { to: 9 });
        expect(cursor.load()).toEqual({ position: 7, state: { to: 9 } });
        expect((await storage.cursor('store-writer')).load()).toEqual({ position: 7, state: { to: 9 } });
      });
      test('goes on from where it was, and has a name of its own', async () => {
        for (const position of [1, 2, 2, 3]) await (await storage.cursor('a')).commit(position, null);
        await (await storage.cursor('b')).commit(9, null);
        expect((await storage.cursor('a')).load()?.position).toBe(3);
        expect((await storage.cursor('b')).load()?.position).toBe(9);
      });
      test('takes commits in the order of the calls', async () => {
        const cursor = await storage.cursor<string>('a');
        await Promise.all([cursor.commit(1, 'x'), cursor.commit(2, 'y'), cursor.commit(3, 'z')]);
        expect((await storage.cursor('a')).load()).toEqual({ position: 3, state: 'z' });
      });
      test('does not go back', async () => {
        const cursor = await storage.cursor('a');
        await cursor.commit(5, null);
        await expect(cursor.commit(4, null)).rejects.toThrow('cursor a at 5');
        expect((await storage.cursor('a')).load()?.position).toBe(5);
      });
    });

    describe('J8 trimming', () => {
      const fill = async () => {
        for (let i = 1; i <= 10; i += 1) await append(`${i}`.padEnd(storage.segmentBytes / 3, '.'));
      };
      test('removes whole segments before the position and no frame at or behind it', async () => {
        await fill();
        const bytes = reader.bytes();
        await reader.trim(7);
        const { oldest, next } = reader.range();
        expect(oldest).toBeGreaterThan(1);
        expect(oldest).toBeLessThanOrEqual(7);
        expect(next).toBe(11);
        expect(reader.bytes()).toBeLessThan(bytes);
        expect((await readAll(reader)).map(([position]) => position)).toEqual(
          Array.from({ length: 11 - oldest }, (_, i) => oldest + i),
        );
      });
      test('keeps the segment being written', async () => {
        await fill();
        await reader.trim(1000);
        expect((await readAll(reader)).at(-1)?.[0]).toBe(10);
        expect(await append('11')).toBe(11);
      });
      test('does nothing for a position in the first segment, twice', async () => {
        await fill();
        await Promise.all([reader.trim(1), reader.trim(2)]);
        expect(reader.range().oldest).toBe(1);
      });
      test('does not disturb a read under way', async () => {
        await fill();
        const positions: number[] = [];
        for await (const { position } of reader.read(1, { follow: false, signal: never })) {
          positions.push(position);
          if (position === 1) await reader.trim(9);
        }
        expect(positions[0]).toBe(1);
        expect(positions.at(-1)).toBe(10);
        expect(positions).toEqual(positions.toSorted((a, b) => a - b));
      });
    });

    describe('following', () => {
      test('gets what is appended later, and ends when it is told to', async () => {
        const stop = new AbortController();
        const seen: string[] = [];
        const following = (async () => {
          for await (const { payload } of reader.read(1, { follow: true, signal: stop.signal })) {
            seen.push(payload.toString());
            if (seen.length === 40) stop.abort();
          }
        })();
        for (let i = 0; i < 20; i += 1) await append(`${i}`.padEnd(storage.segmentBytes / 5));
        await Promise.all(Array.from({ length: 20 }, (_, i) => append(`${20 + i}`)));
        await following;
        expect(seen.map((text) => text.trim())).toEqual(Array.from({ length: 40 }, (_, i) => `${i}`));
      });
      test('ends when the reader is closed', async () => {
        const frames = reader.read(1, { follow: true, signal: never })[Symbol.asyncIterator]();
        const first = frames.next();
        await reader.close();
        expect(await first).toEqual({ done: true, value: undefined });
      });
    });

    test('a read without following that is stopped does not pass for a whole one', async () => {
      await Promise.all(['a', 'b', 'c'].map(append));
      const stop = new AbortController();
      const read = async () => {
        for await (const { position } of reader.read(1, { follow: false, signal: stop.signal })) {
          if (position === 2) stop.abort();
        }
      };
      expect(await codeOf(read())).toBe('shutting_down');
    });

    test('closing waits for the appends under way, can be done twice, and refuses later ones', async () => {
      const appends = ['a', 'b'].map(append);
      await Promise.all([writer.close(), writer.close()]);
      expect(await Promise.all(appends)).toEqual([1, 2]);
      expect(await codeOf(append('c'))).toBe('shutting_down');
      expect(await readAll(reader)).toEqual([
        [1, 'a'],
        [2, 'b'],
      ]);
    });
  });
}
