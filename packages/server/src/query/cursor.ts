import { createHash } from 'node:crypto';
import { PermanentError } from '../runtime/errors.ts';
import type { Keyset, TimeRange } from './plan.ts';

/** Where the next page starts, and the absolute range that the first page had. */
export interface CursorState {
  after: Keyset;
  range: TimeRange;
}

const CHECK_CHARACTERS = 16;
const FORM = /^(-?\d{1,20})\.(\d{1,5})\.(\d{1,15})\.(\d{1,8})\.(-?\d{1,20})\.(-?\d{1,20})$/;

/**
 * An opaque cursor, base64url. `binding` is everything else that the page depends on (org, filters, order): a cursor
 * is good for nothing but the same question. It carries no rights: the org always comes from the identity.
 */
export function encodeCursor({ after, range }: CursorState, binding: string): string {
  const state = [after.timestampNs, after.node, after.frame, after.index, range.fromNs, range.toNs].join('.');
  return Buffer.from(`${state}.${check(state, binding)}`).toString('base64url');
}

/** @throws PermanentError `invalid_cursor` for anything that encodeCursor did not make with the same binding. */
export function decodeCursor(cursor: string, binding: string): CursorState {
  const text = Buffer.from(cursor, 'base64url').toString('latin1');
  const state = text.slice(0, -CHECK_CHARACTERS - 1);
  const match = FORM.exec(state);
  if (match === null || text !== `${state}.${check(state, binding)}`) {
    throw new PermanentError(
      'invalid_cursor',
      'the cursor belongs to another query: send it with the same parameters that the first page was asked for',
      'cursor',
    );
  }
  const [, timestampNs, node, frame, index, fromNs, toNs] = match;
  return {
    after: { timestampNs: BigInt(timestampNs!), node: Number(node), frame: Number(frame), index: Number(index) },
    range: { fromNs: BigInt(fromNs!), toNs: BigInt(toNs!) },
  };
}

function check(state: string, binding: string): string {
  return createHash('sha256').update(`${state}\0${binding}`).digest('hex').slice(0, CHECK_CHARACTERS);
}
