import { randomBytes } from 'node:crypto';
import type { ErrorCode } from '@tailwater/schema';
import type { Rejection } from '../batch/event-batch.ts';

/** What lists show of a request that was refused, whole or in part, or of a frame that the event store refused. */
export interface LetterSummary {
  id: string;
  /** When the request came. */
  atMs: number;
  orgId: string;
  receiver: string;
  /** Of the first event that was rejected, or of the whole. */
  code: ErrorCode;
  reason: string;
  rejectedCount: number;
  /** Bytes of the body, expanded, with what is compressed within it. */
  bytes: number;
  /** Null when the body is kept; otherwise why it is not, and it cannot be sent again. */
  notKept: string | null;
}

/** What is needed to decode the body once more. */
export interface LetterDetail {
  /** As the registry names it. */
  decoder: string;
  format: string;
  query: string;
  params: Readonly<Record<string, string>>;
  /** The first 100. */
  rejections: readonly Rejection[];
  /** Places of all rejected events, null when it was the whole body. */
  indexes: readonly number[] | null;
  /** Set when the body is the payload of a frame that the event store refused, which was taken long ago. */
  frame: FramePlace | null;
}

/** Where a frame was in the journal: its events are known by it. */
export interface FramePlace {
  node: number;
  position: number;
}

/** A dead letter: a body with its secrets masked, and why it was not taken. */
export interface Letter extends LetterSummary, LetterDetail {
  /** Null when it is not kept. */
  body: Buffer | null;
}

const ID = /^[0-9a-z]{9}-[0-9a-z]{4}-[0-9a-f]{8}$/;
const COUNTER_MAX = 36 ** 4;
let counter = 0;

/** Ids sort by time, and those of one millisecond in the order they were made. */
export function newLetterId(atMs: number): string {
  counter = (counter + 1) % COUNTER_MAX;
  return `${timeOf(atMs)}-${counter.toString(36).padStart(4, '0')}-${randomBytes(4).toString('hex')}`;
}

/** The same for the same frame, so that one which is refused twice, as after a crash, makes one letter. */
export function frameLetterId(atMs: number, position: number): string {
  const high = Math.floor(position / 2 ** 32).toString(36);
  const low = (position % 2 ** 32).toString(16);
  return `${timeOf(atMs)}-${high.padStart(4, '0')}-${low.padStart(8, '0')}`;
}

/** The first id that a letter of that time can have. */
export const firstLetterId = (atMs: number): string => `${timeOf(atMs)}-0000-00000000`;

const timeOf = (atMs: number): string => Math.max(0, Math.floor(atMs)).toString(36).padStart(9, '0');

/** Ids come from users and become names of files. */
export const isLetterId = (id: string): boolean => ID.test(id);
