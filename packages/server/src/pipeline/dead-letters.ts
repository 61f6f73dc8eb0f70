import { rulesWithout } from '@tailwater/schema/redaction';
import type { Rejection } from '../batch/event-batch.ts';
import { type Letter, newLetterId } from '../dead-letters/letter.ts';
import { DeadLetterStore } from '../dead-letters/store.ts';
import type { OrgSettings } from '../processors/processor.ts';
import { maskSecrets } from '../processors/redact/mask.ts';
import type { DecodeRequest, Reveal } from '../receivers/receiver.ts';
import { rejectionReason } from '../receivers/util/rejection.ts';
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
const MENDABLE = new Set(['invalid_body', 'too_many_events', 'event_too_large', 'payload_too_large']);

export const isMendable = (error: unknown): error is PermanentError =>
  error instanceof PermanentError && MENDABLE.has(error.code);

/** What letters are made by. */
export interface LetterRules {
  letterBytesMax: number;
  /** Redaction rules that are off for all orgs. */
  rulesOff: readonly string[];
  revealers: ReadonlyMap<string, Reveal>;
}

export function createDeadLetterKeeper(
  config: DeadLetterConfig,
  { rulesOff, revealers }: Omit<LetterRules, 'letterBytesMax'>,
): DeadLetterKeeper {
  const store = openDeadLetterStore(config);
  const rules = { letterBytesMax: config.letterBytesMax, rulesOff, revealers };
  return {
    async keep(refused) {
      try {
        return { kept: 1, lost: await store.keep(letterOf(refused, rules)) };
      } catch {
        // No space, most likely. The sender was told what was refused; events of others go on.
        return { kept: 0, lost: 1 };
      }
    },
  };
}

export function letterOf(refused: Refused, rules: LetterRules): Letter {
  const { orgId, receiver, decoder, request, settings, rejectedCount, indexes, error } = refused;
  const active = rulesWithout([...rules.rulesOff, ...settings.redactRulesOff]);
  const mask = (bytes: Buffer) => void maskSecrets(bytes, active);
  const maskText = (text: string): string => {
    const bytes = Buffer.from(text);
    return maskSecrets(bytes, active) === 0 ? text : bytes.toString();
  };
  const rejections = refused.rejections.map((each) => ({ ...each, error: maskText(each.error) }));
  const first = rejections.at(0);
  const { body, notKept } = bodyOf(refused, mask, rules);
  return {
    id: newLetterId(request.receivedAtMs),
    atMs: request.receivedAtMs,
    orgId,
    receiver,
    code: error?.code ?? first?.code ?? 'invalid_body',
    reason: maskText(error?.message ?? (first === undefined ? '' : rejectionReason(first))),
    rejectedCount,
    bytes: body?.length ?? refused.body.length,
    notKept,
    decoder,
    format: maskText(request.format),
    query: maskText(request.query),
    params: Object.fromEntries(Object.entries(request.params).map(([name, value]) => [name, maskText(value)])),
    rejections,
    indexes,
    frame: null,
    body,
  };
}

/** Bytes that gzip and zstd begin with, and gzip in Base64. */
const COMPRESSED = [Buffer.from([0x1f, 0x8b, 0x08]), Buffer.from([0x28, 0xb5, 0x2f, 0xfd]), Buffer.from('H4sI')];
const HIDDEN = 'the events are encoded within the body, where secrets cannot be masked';

type KeptBody = Pick<Letter, 'body' | 'notKept'>;

/** A copy with its secrets masked, or why there is none: they can be masked only where they can be read. */
function bodyOf({ decoder, body }: Refused, mask: (bytes: Buffer) => void, rules: LetterRules): KeptBody {
  const { letterBytesMax } = rules;
  const reveal = rules.revealers.get(decoder);
  const tooLarge = `the body is larger than deadLetters.letterBytesMax (${letterBytesMax})`;
  const without = (notKept: string): KeptBody => ({ body: null, notKept });
  if (body.length > letterBytesMax) return without(tooLarge);
  let copy: Buffer;
  try {
    copy = reveal === undefined ? Buffer.from(body) : reveal(body, { mask, bytesMax: letterBytesMax });
  } catch (error) {
    if (!(error instanceof PermanentError)) throw error;
    return without(error.code === 'payload_too_large' ? tooLarge : HIDDEN);
  }
  if (copy.length > letterBytesMax) return without(tooLarge);
  if (COMPRESSED.some((start) => copy.includes(start))) return without(HIDDEN);
  if (reveal === undefined) mask(copy);
  return { body: copy, notKept: null };
}
