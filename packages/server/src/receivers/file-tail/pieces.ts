import type { FileHandle } from 'node:fs/promises';
import { type Place, skipTo, tailAt } from './identity.ts';

/** A range of a file that is under way, or was taken before what is in front of it. */
export interface Piece {
  from: number;
  to: number;
  /** CRC-32 of the up to 1024 bytes before `to`. */
  tail: number;
  /** Resolves, never rejects, when it is settled; null when it is. */
  done: Promise<void> | null;
  /** Where it ends is known only when it is decoded. */
  isOpen: boolean;
}

/** What is to be read next: [start, end), behind bytes with this CRC. */
export interface Gap {
  start: number;
  /** Infinity when nothing behind it was taken. */
  end: number;
  tail: number;
}

/** What is known of a file behind its place: ascending, without overlaps. */
export class Pieces {
  private readonly place: Place;
  private list: Piece[] = [];

  constructor(place: Place) {
    this.place = place;
  }

  /** One after the last byte that was read for good. */
  get end(): number {
    return this.list.at(-1)?.to ?? this.place.offset;
  }

  get underWay(): Piece[] {
    return this.list.filter(({ done }) => done !== null);
  }

  /** Null while an open piece must be decoded first. */
  gap(): Gap | null {
    let { offset: start, tail } = this.place;
    for (const { from, to, tail: nextTail, isOpen } of this.list) {
      if (from > start) return { start, end: from, tail };
      if (isOpen) return null;
      start = to;
      tail = nextTail;
    }
    return { start, end: Number.POSITIVE_INFINITY, tail };
  }

  add(piece: Piece): void {
    const at = this.list.findIndex(({ from }) => from > piece.from);
    this.list.splice(at < 0 ? this.list.length : at, 0, piece);
  }

  remove(piece: Piece): void {
    this.list = this.list.filter((other) => other !== piece);
  }

  /** Moves the place over what was taken. Whether it moved. */
  advance(): boolean {
    const { place } = this;
    const before = place.offset;
    for (let piece = this.list[0]; piece?.done === null && piece.from === place.offset; piece = this.list[0]) {
      place.offset = piece.to;
      place.tail = piece.tail;
      this.list.shift();
    }
    return place.offset > before;
  }

  /**
   * Adds what is in the journal, given what is not: `start, end, start, end …` from the place up to `size`. Rejects as
   * the disk does.
   */
  async recover(handle: FileHandle, missing: readonly number[], size: number): Promise<void> {
    const { place } = this;
    let from = place.offset;
    for (let i = 0; i <= missing.length; i += 2) {
      const to = missing[i] ?? size;
      if (from < to && from === place.offset) await skipTo(handle, place, to);
      else if (from < to) this.add({ from, to, tail: await tailAt(handle, to), done: null, isOpen: false });
      from = missing[i + 1] ?? size;
    }
  }
}
