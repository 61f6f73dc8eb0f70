import { z } from 'zod';
import type {
  DeliveryBatch,
  DeliveryResult,
  Destination,
  DestinationType,
} from '../../../src/destinations/destination.ts';
import type { Egress, EgressResponse } from '../../../src/runtime/egress/egress.ts';
import { PermanentError, RetryableError } from '../../../src/runtime/errors.ts';

const config = z.strictObject({
  url: z.string(),
  eventsMax: z.number().default(50),
  bytesMax: z.number().default(1 << 20),
  ageMsMax: z.number().default(5),
  concurrency: z.number().default(1),
  /** The thread dies with the call after so many. */
  callsMax: z.number().default(Number.MAX_SAFE_INTEGER),
  timeoutMs: z.number().default(20_000),
});
type Config = z.infer<typeof config>;

const answerSchema = z.object({
  rejected: z.array(z.object({ index: z.number(), reason: z.string() })).default([]),
  again: z.array(z.object({ index: z.number(), reason: z.string() })).default([]),
});

let calls = 0;

/** Posts events as lines of JSON. The receiver's status says everything, its body which events it did not take. */
export const ndjsonDestination: DestinationType<Config> = {
  id: 'ndjson',
  title: 'Lines of JSON',
  config,
  secrets: [{ name: 'token', title: 'Token', description: 'Sent as bearer token.', required: false }],
  limits: ({ eventsMax, bytesMax, ageMsMax, concurrency }) => {
    return { eventsMax, bytesMax, ageMsMax, concurrency, eventBytesMax: bytesMax, overheadBytes: 1 };
  },
  fromEnvironment: () => null,
  encode: ({ eventId, message }) => {
    if (message.includes('unencodable')) throw new PermanentError('destination_rejected', 'no words for this');
    return Buffer.from(JSON.stringify({ id: eventId, message }));
  },
  open: ({ config, secrets }, { egress }) => new NdjsonDestination(config, secrets.token ?? '', egress),
};

class NdjsonDestination implements Destination {
  private readonly config: Config;
  private readonly token: string;
  private readonly egress: Egress;

  constructor(config: Config, token: string, egress: Egress) {
    this.config = config;
    this.token = token;
    this.egress = egress;
  }

  async deliver({ id, events }: DeliveryBatch, signal: AbortSignal): Promise<DeliveryResult> {
    if (++calls > this.config.callsMax) process.exit(1);
    const body = events.map(({ bytes }) => Buffer.from(bytes).toString()).join('\n');
    const response = await this.post(body, id, signal);
    return { ...answerSchema.parse(answerOf(response)), bytesSent: body.length, status: String(response.status) };
  }

  async test(...[marked, report, signal]: Parameters<Destination['test']>): Promise<void> {
    try {
      answerOf(await this.post(Buffer.from(marked.bytes).toString(), 'test', signal));
      report({ name: 'event', ok: true, detail: 'the event was taken' });
    } catch (error) {
      signal.throwIfAborted();
      const detail = error instanceof Error ? error.message : '';
      report({ name: 'credentials', ok: false, detail, field: 'token', advice: 'Set another token.' });
    }
  }

  private post(body: string, id: string, signal: AbortSignal): Promise<EgressResponse> {
    const { url, timeoutMs } = this.config;
    const headers = { authorization: `Bearer ${this.token}`, 'x-batch': id };
    return this.egress.request({ method: 'POST', url, body, headers, signal, timeoutMs });
  }

  async close(): Promise<void> {}
}

function answerOf({ status, headers, body }: EgressResponse): unknown {
  const told = `${status} ${body.toString('utf8', 0, 200)}`;
  if (status < 300) return JSON.parse(body.toString());
  if (status === 400) throw new PermanentError('destination_rejected', told);
  if (status === 401) throw new PermanentError('destination_unauthorized', told);
  if (status === 410) throw new PermanentError('destination_gone', told);
  if (status === 413) throw new PermanentError('payload_too_large', told);
  throw new RetryableError('destination_unavailable', told, Number(headers['retry-after'] ?? 0) * 1000);
}
