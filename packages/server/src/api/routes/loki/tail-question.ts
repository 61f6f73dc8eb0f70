import type { IncomingHttpHeaders } from 'node:http';
import type { LogExpr } from '@tailwater/schema/logql';
import { badQuery } from '../../../query/logql/errors.ts';
import { parse } from '../../../query/logql/parse.ts';
import type { LogqlSettings } from '../../../query/logql/tasks.ts';
import { PermanentError } from '../../../runtime/errors.ts';
import { askedEncoding } from './headers.ts';
import { goIntegerError, parseGoInteger, parseLimit } from './parameters/go-numbers.ts';
import { checkLength } from './parameters/requests.ts';
import { spanOf } from './parameters/times.ts';

const ENTRIES_DEFAULT = 100;
const DELAY_SECONDS_MAX = 5n;
const UINT32_MAX = 0xffff_ffff;
const NS_PER_MS = 1_000_000n;

/** What a client of Loki's tail asks for. */
export interface LokiTailQuestion {
  expr: LogExpr;
  /** How many of the newest stored lines come first. */
  limit: number;
  startNs: bigint;
  /** How long a line is held back, so that later ones with an earlier time come before it. */
  delayMs: number;
  categorizeLabels: boolean;
  settings: LogqlSettings;
}

interface Asked {
  /** The query string. */
  search: string;
  headers: IncomingHttpHeaders;
  settings: LogqlSettings;
  nowMs: number;
}

/** @throws PermanentError `invalid_query` or `invalid_parameter` in Loki's words. */
export function lokiTailQuestion({ search, headers, settings, nowMs }: Asked): LokiTailQuestion {
  const form = new URLSearchParams(search);
  const expr = parse(form.get('query') ?? '');
  const limit = parseLimit(form.get('limit') ?? '', ENTRIES_DEFAULT, 'limit');
  const nowNs = BigInt(nowMs) * NS_PER_MS;
  const { startNs } = spanOf(form, nowNs);
  const delayMs = delayOf(form.get('delay_for') ?? '');
  if (expr.kind !== 'log') throw badQuery('only log selector is supported');
  checkLength({ startNs, endNs: nowNs }, settings);
  const { categorizeLabels } = askedEncoding(headers);
  return { expr, limit: Math.min(limit, settings.entriesMax), startNs, delayMs, categorizeLabels, settings };
}

function delayOf(text: string): number {
  if (text === '') return 0;
  const seconds = parseGoInteger(text);
  if (typeof seconds === 'string') throw refuse(goIntegerError('Atoi', text, seconds));
  if (seconds < 0n || seconds > BigInt(UINT32_MAX)) {
    throw refuse(`delay_for value ${seconds} is out of range [0, ${UINT32_MAX}]`);
  }
  if (seconds > DELAY_SECONDS_MAX) throw refuse(`delay_for can't be greater than ${DELAY_SECONDS_MAX}`);
  return Number(seconds) * 1000;
}

function refuse(message: string): PermanentError {
  return new PermanentError('invalid_parameter', message, 'delay_for');
}
