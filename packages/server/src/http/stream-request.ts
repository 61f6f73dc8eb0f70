import type { IncomingMessage } from 'node:http';
import type { Admission, Sender } from '../admission/admission.ts';
import { canExpandStream, expandStream } from '../pipeline/expand-stream.ts';
import type { IngestTask } from '../pipeline/ingest.ts';
import type { IngestClient } from '../pipeline/ingest-client.ts';
import type { ContentEncoding, Receipt, ReceiverRoute, RequestHead } from '../receivers/receiver.ts';
import { setPatience } from './listen.ts';
import { type PrefixMemory, Resumption } from './resumption.ts';
import { StreamedBody } from './streamed-body.ts';

type Task = Omit<IngestTask, 'orgId' | 'settings'>;

export interface StreamDependencies {
  ingest: IngestClient;
  admission: Admission;
  bodyBytesMax: number;
  /** Aborts when the server stops: bodies without an end are ended by it. */
  stopping: AbortSignal;
  /** Of bodies that broke off. */
  prefixes: PrefixMemory;
}

/** A request whose body is taken while it comes. */
export interface StreamRequest {
  request: IncomingMessage;
  split(bytes: Buffer): number;
  orgId: string;
  encodings: readonly ContentEncoding[];
  /** Who sends is asked again for each piece: a request may outlive its key, and its org's settings. */
  authorize(): Promise<Sender>;
  /** What is known of the task before its body. */
  task: Omit<Task, 'body' | 'encodings'>;
  /** How far it came, also when it failed. */
  progress: { body: Buffer | null; receipt: Receipt | null };
}

/** Between probes of a connection that says nothing: a sender gone without a word is noticed by them. */
const KEEP_ALIVE_MS = 60_000;

/** Whether the body is to be taken while it comes: see receivers/receiver.ts, `split`. */
export function isStreamed(route: ReceiverRoute, head: RequestHead, encodings: readonly ContentEncoding[]): boolean {
  return route.split !== undefined && head.headers['content-length'] === undefined && canExpandStream(encodings);
}

/** Resolves at the end of the body with what all of it came to. Rejects with PermanentError or RetryableError. */
export async function streamRequest(
  { ingest, admission, stopping, prefixes, bodyBytesMax }: StreamDependencies,
  { request, split, orgId, encodings, authorize, task, progress }: StreamRequest,
): Promise<Receipt> {
  const source = expandStream(request, encodings);
  const submit = async (piece: Buffer) => {
    const decodeRequest = { ...task.request, receivedAtMs: Date.now() };
    return admission.submit(await authorize(), {
      ...task,
      body: piece,
      encodings: ['identity'],
      request: decodeRequest,
    });
  };
  const body = new StreamedBody(source, {
    split,
    submit,
    hold: (bytes) => ingest.hold(bytes),
    release: (bytes) => ingest.release(bytes),
    eventBytesMax: bodyBytesMax,
    stopping,
    resume: (first) => new Resumption(prefixes, `${orgId} ${task.decoder}`, first),
  });
  setPatience(request, () => !body.isFirstUnfinished);
  request.socket.setKeepAlive(true, KEEP_ALIVE_MS);
  try {
    return await body.read();
  } finally {
    setPatience(request, null);
    progress.body = body.firstBytes;
    progress.receipt = body.receipt;
    // What is left of the body is thrown away with the answer.
    if (source !== request) source.destroy();
  }
}
