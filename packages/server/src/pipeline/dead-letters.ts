import type { Rejection } from '../batch/event-batch.ts';
import { type Letter, newLetterId } from '../dead-letters/letter.ts';
import { DeadLetterStore } from '../dead-letters/store.ts';
import type { OrgSettings } from '../processors/processor.ts';
import { maskSecrets } from '../processors/redact/mask.ts';
import { rulesWithout } from '../processors/redact/rules.ts';
import type { DecodeRequest } from '../receivers/receiver.ts';
import { PermanentError } from '../runtime/errors.ts';
import { expand } from './expand.ts';

/** Plain data: it crosses to the worker. */
export interface DeadLetterConfig {
  dir: string;
  orgBytesMax: number;
  letterBytesMax: number;
}

export const openDeadLetterStore = ({ dir, orgBytesMax }: DeadLetterConfig): DeadLetterStore =>
  new DeadLetterStore({ dir, orgBytesMax, expand: (body, bytesMax) => expand(body, ['zstd'], bytesMax) });

/** What was refused of a request, as the ingest worker knows it. */
export interface Refused {
  orgId: string;
  receiver: string;
  decoder: string;
  request: DecodeRequest;
  settings: OrgSettings;
  /** Expanded. It is not changed. */
  body: Buffer;
  rejections: readonly Rejection[];
  rejectedCount: number;
  /** Null when it was the whole body, for `error`. */
  indexes: readonly number[] | null;
  error: PermanentError | null;
}

export interface DeadLetterKeeper {
  /** Durable when it resolves. Never rejects. `lost` counts older letters that had to go, and the letter itself. */
  keep(refused: Refused): Promise<{ kept: number; lost: number }>;
}

/** Codes of `decode` that a larger limit, another setting or a newer version of ours may mend. */
const MENDABLE = new Set(['invalid_body', 'too_many_events', 'event_too_large']);

export const isMendable = (error: unknown): error is PermanentError =>
  error instanceof PermanentError && MENDABLE.has(error.code);

export function createDeadLetterKeeper(config: DeadLetterConfig, rulesOff: readonly string[]): DeadLetterKeeper {
  const store = openDeadLetterStore(config);
  return {
    async keep(refused) {
      try {
        return { kept: 1, lost: await store.keep(letterOf(refused, config.letterBytesMax, rulesOff)) };
      } catch {
        // No space, most likely. The sender was told what was refused; events of others go on.
        return { kept: 0, lost: 1 };
      }
    },
  };
}

export function letterOf(refused: Refused, letterBytesMax: number, rulesOff: readonly string[]): Letter {
  const { orgId, receiver, decoder, request, settings, rejections, rejectedCount, indexes, error } = refused;
  const first = rejections.at(0);
  const notKept = whyNotKept(refused, letterBytesMax);
  const body = notKept === null ? Buffer.from(refused.body) : null;
  if (body !== null) maskSecrets(body, rulesWithout([...rulesOff, ...settings.redactRulesOff]));
  return {
    id: newLetterId(request.receivedAtMs),
    atMs: request.receivedAtMs,
    orgId,
    receiver,
    code: error?.code ?? first?.code ?? 'invalid_body',
    reason: error?.message ?? first?.error ?? '',
    rejectedCount,
    bytes: refused.body.length,
    notKept,
    decoder,
    format: request.format,
    query: request.query,
    params: request.params,
    rejections,
    indexes,
    body,
  };
}

/** Receivers whose events are in Base64 within the body. */
const ENCODED_WITHIN = new Set(['firehose']);
/** Bytes that gzip and zstd begin with, and gzip in Base64. */
const COMPRESSED = [Buffer.from([0x1f, 0x8b, 0x08]), Buffer.from([0x28, 0xb5, 0x2f, 0xfd]), Buffer.from('H4sI')];
/** Lumberjack's frame of compressed ones, which comes first or behind the six bytes of a window: version, then `C`. */
const isCompressedLumberjack = (body: Buffer): boolean => body[1] === 0x43 || body[7] === 0x43;

/** Secrets can be masked only where they can be read. */
function whyNotKept({ receiver, body }: Refused, letterBytesMax: number): string | null {
  if (body.length > letterBytesMax) return `the body is larger than deadLetters.letterBytesMax (${letterBytesMax})`;
  const isHidden =
    ENCODED_WITHIN.has(receiver) ||
    COMPRESSED.some((start) => body.includes(start)) ||
    (receiver === 'lumberjack' && isCompressedLumberjack(body));
  return isHidden ? 'the events are encoded within the body, where secrets cannot be masked' : null;
}
