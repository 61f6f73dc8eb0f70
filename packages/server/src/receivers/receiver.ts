import type { ErrorCode } from '@tailwater/schema';
import type { EventBatch, Rejection } from '../batch/event-batch.ts';
import type { IngestLimits } from '../batch/limits.ts';
import type { SequenceMark } from '../batch/sequence-mark.ts';
import type { JournalPosition } from '../journal/journal.ts';
import type { PermanentError, RetryableError } from '../runtime/errors.ts';
import type { ReceiversConfig } from './config.ts';

/**
 * A receiver in words. It knows one protocol: which paths it answers, how its bytes become events, and how an outcome
 * reads in the protocol's own words. It knows nothing of what happens behind `accept`.
 *
 * R1 Success is answered only after the events are durable in the journal.
 * R2 `decode` is a pure function of body and request: no I/O, no clock, no state but caches. It runs in a worker thread.
 * R3 One bad event never rejects its neighbours: `decode` reports it with `batch.rejectRow` and goes on.
 * R4 A body that cannot be read at all throws PermanentError; nothing of it is taken. Nothing else is ever thrown.
 * R5 Bad data is answered 4xx, overload 429/503/507 with Retry-After, as the protocol's clients expect it.
 *
 * test/contracts/receiver.contract.ts runs every receiver of registry.ts against these rules.
 */
export interface Receiver {
  /** Kebab-case, equal to the folder's name, the configuration key and the metric label. */
  id: string;
  /** What it takes, in half a line: for /api/openapi.json and docs/reference/receivers.md. */
  summary: string;
  routes: readonly ReceiverRoute[];
  /** Requests that clients make before and beside sending: version, health, acknowledgements, CORS preflights. */
  probes?: readonly ReceiverProbe[];
  /** Sockets and loops of its own, opened by configuration. */
  listeners?: readonly ReceiverListener[];
  /**
   * The API key where this protocol's clients put it; undefined to look in the places that every path reads
   * (`X-API-Key`, `Authorization: Bearer` and Basic).
   */
  credential?(head: RequestHead): string | undefined;
  /** Where `credential` looks beside those places, as clients write it: `Authorization: Splunk KEY`, `?key=KEY`. */
  keyPlaces?: readonly string[];
}

/** Fills the batch from an expanded body. What it returns comes back as `receipt.reply`. Runs in the ingest worker. */
export type Decode = (body: Buffer, batch: EventBatch, request: DecodeRequest) => string | void;

/**
 * For protocols that compress or encode events within their bodies: the body as a dead letter keeps it, of which `decode`
 * makes the same events at the same places. Nothing is hidden in it, and `mask` was called on all that holds events.
 * Throws PermanentError when it cannot be read, or would have more than `bytesMax`. Runs in the ingest worker.
 */
export type Reveal = (body: Buffer, options: RevealOptions) => Buffer;

export interface RevealOptions {
  /** Masks secrets in place, without changing a length. */
  mask(bytes: Buffer): void;
  bytesMax: number;
}

export interface ReceiverRoute {
  method: 'POST' | 'PUT' | 'GET';
  /**
   * A path; a segment `:name` stands for any one segment, `:key` for an API key, which is shown and kept nowhere. A path
   * without such segments wins.
   */
  path: string;
  /** Content-Types that its clients send, the usual one first. */
  contentTypes: readonly string[];
  /**
   * Checks what the headers say before the body is read, and names the format for `decode` (`protobuf`, `json` …).
   * Runs on the main thread. Throws PermanentError (415 …).
   */
  format(request: RequestHead): string;
  /**
   * Content-Encodings that this path reads, the first being what an absent header means. `snappy` is the block format.
   */
  encodings: (format: string) => readonly ContentEncoding[];
  /** An encoding of the format itself, below those that Content-Encoding names, whether that names it too or not. */
  innerEncoding?(format: string): ContentEncoding | null;
  decode: Decode;
  reveal?: Reveal;
  /**
   * For clients that send without an end: where the last whole event of the bytes ends, 0 when there is none yet. They
   * begin with an event. A body without Content-Length is then taken piece by piece, each as a body of its own, and may
   * be larger than limits.bodyBytesMax; an event may not. Never throws: what cannot be read is for `decode` to say.
   */
  split?(bytes: Buffer): number;
  /** The protocol's answer to an outcome. */
  respond(outcome: IngestOutcome, request: RequestHead): HttpAnswer;
  /** Largest body as received, where the protocol's is below limits.bodyBytesMax. */
  bodyBytesMax?: number;
  /** Whether senders may number their events here (`X-Tailwater-Producer`), so that each is taken once. */
  takesSequences?: boolean;
  /** Whether browser keys may send here, and nothing but browser keys. */
  forBrowsers?: boolean;
}

/** A request that brings no events. */
export interface ReceiverProbe {
  methods: readonly string[];
  /** As a route's; a last segment `*` stands for one or more segments. Routes win over probes. */
  path: string;
  /** Whether a key of scope `ingest` is asked for. */
  needsKey: boolean;
  /** False leaves the request to the API and the web UI: for paths that others have too, such as `/`. */
  claims?(head: RequestHead): boolean;
  /** May throw where `error` is null: it is then asked once more, with what it threw, which is noted as an attempt. */
  answer(request: ProbeRequest): HttpAnswer | Promise<HttpAnswer>;
}

export interface ProbeRequest {
  head: RequestHead;
  /** At most 64 KiB. */
  body: Buffer;
  /** Whose key it was; null when none is needed. */
  orgId: string | null;
  /** Set when the key was refused or the body could not be read: what the answer has to say. */
  error: PermanentError | RetryableError | null;
  /** Whether events would be taken now. */
  isReady: boolean;
  requestId: string;
  /** The browser key that the secret belongs to; null when there is none. For CORS preflights, which carry no key. */
  browserKey(secret: string): Promise<{ origins: readonly string[] } | null>;
}

/** A way in that is no HTTP path of the main server. */
export interface ReceiverListener {
  /** `udp`, `tcp`, `tls`, `grpc`, `grpcTls`, `files`: its key under `receivers.<receiver>`, and its name in messages. */
  id: string;
  decode: Decode;
  reveal?: Reveal;
  /** Opens it as configuration says; null when that has it off. Throws PermanentError, naming a port that is taken. */
  open(context: ListenerContext): Promise<OpenListener | null>;
}

export interface OpenListener {
  /** Null when it listens on none. */
  port: number | null;
  /** Takes nothing new, and resolves once what came in before is handed over, or after about 2 s. */
  close(): Promise<void>;
}

/** What a listener is given: everything it may know of the program. */
export interface ListenerContext {
  config: ReceiversConfig;
  /** Address to listen on. */
  host: string;
  limits: IngestLimits;
  /** Whether peers on this machine need no key. */
  openMode: boolean;
  /** The receiver's own directory for what it has to remember. It is made at first use, by the listener. */
  stateDir: string;
  /**
   * Whether `accept` would take messages under this key: for protocols that bring it before the message. Rejects with
   * PermanentError, which is noted as an attempt.
   */
  check(sender: Pick<ListenerMessage, 'secret' | 'remoteAddress'>): Promise<void>;
  /**
   * R1: resolves once the events are durable. Rejects with PermanentError or RetryableError, and nothing else. When what
   * was sent cannot be taken (no `unauthenticated`, no `forbidden`), its dead letter is durable before it rejects.
   */
  accept(message: ListenerMessage): Promise<Receipt>;
  /** The parts of [first, next) that are not in the journal under the numbers of `producer`: start, end, start, end … */
  missing(sender: Pick<ListenerMessage, 'secret' | 'remoteAddress'>, range: SequenceMark): Promise<number[]>;
  /** Counts bytes that are kept until they are accepted. Throws RetryableError `overloaded` beyond the limit. */
  hold(bytes: number): void;
  release(bytes: number): void;
  /** Counts what is lost or refused outside of `accept`, by reason: a metric's label, `datagram_dropped`. */
  count(reason: string, by?: number): void;
  /** Shows up among the rejected attempts: something came that never reached `accept`, such as a failed handshake. */
  note(attempt: { remoteAddress: string; code: ErrorCode; reason: string; firstBytes?: Buffer }): void;
  warn(fields: Record<string, unknown>, message: string): void;
}

/** What a listener hands over at a time. The buffer is given away. */
export interface ListenerMessage {
  body: Buffer;
  format: string;
  encodings?: readonly ContentEncoding[];
  query?: string;
  /** The API key, null when there is none: that is enough in open mode, from this machine. */
  secret: string | null;
  remoteAddress: string | undefined;
  /**
   * Numbers that stand for what is in the body, such as its bytes' places in a file. They are journaled with the events,
   * so that after a crash `missing` tells what was taken.
   */
  sequence?: SequenceMark;
}

export type ContentEncoding = 'identity' | 'gzip' | 'deflate' | 'zstd' | 'snappy';

export interface RequestHead {
  method: string;
  path: string;
  query: URLSearchParams;
  /** What stands for the `:name` segments of the route's path, decoded. */
  params: Readonly<Record<string, string>>;
  /** Lower-case names; a repeated header is joined as node:http does. */
  headers: Record<string, string | undefined>;
}

/** What crosses to the worker with the body. */
export interface DecodeRequest {
  format: string;
  query: string;
  params: Readonly<Record<string, string>>;
  receivedAtMs: number;
}

export type IngestOutcome =
  | { kind: 'accepted'; receipt: Receipt; orgId: string; requestId: string }
  | {
      kind: 'failed';
      error: PermanentError | RetryableError;
      /** Null when it is not known whose request it was. */
      orgId: string | null;
      requestId: string;
    };

/** What became of one request. The accepted events are durable. */
export interface Receipt {
  accepted: number;
  rejectedCount: number;
  /** The first 100 of the rejected. */
  rejections: readonly Rejection[];
  /** Of a dead letter that was sent again: places of all rejected events. */
  rejectedIndexes?: readonly number[];
  /** Where the accepted events are, or behind them when some were there already; null when there were none. */
  position: JournalPosition | null;
  /** Set when the sender asked to wait for it (`?ack=stored`): whether the events are searchable now. */
  stored?: boolean;
  /** What `decode` returned: for answers that say more than counts. */
  reply?: string;
}

export interface HttpAnswer {
  status: number;
  headers: Record<string, string>;
  body: string | Uint8Array;
}
