import { randomBytes } from 'node:crypto';
import type { ErrorCode } from '@tailwater/schema';
import type { Rejection } from '../batch/event-batch.ts';

/** What lists show of a request that was refused, whole or in part. */
export interface LetterSummary {
  id: string;
  /** When the request came. */
  atMs: number;
  orgId: string;
  receiver: string;
  /** Of the first event that was rejected, or of the whole body. */
  code: ErrorCode;
  reason: string;
  rejectedCount: number;
  /** Bytes of the body, expanded. */
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
}

/** A dead letter: the request's body with its secrets masked, and why it was not taken. */
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
  const time = atMs.toString(36).padStart(9, '0');
  return `${time}-${counter.toString(36).padStart(4, '0')}-${randomBytes(4).toString('hex')}`;
}

/** Ids come from users and become names of files. */
export const isLetterId = (id: string): boolean => ID.test(id);
