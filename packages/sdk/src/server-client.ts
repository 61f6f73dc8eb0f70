import { promisify } from 'node:util';
import zlib from 'node:zlib';
import { type CheckIn, type CheckInAnswer, checkInBody, producerHeader, readCheckIn, type Shipment } from './wire.ts';

/** What became of a shipment. */
export type Outcome =
  | { kind: 'taken'; rejected: number }
  /** Never to be sent again. `isCounted`: the server counts its events as arrived. */
  | { kind: 'refused'; isCounted: boolean; why: string }
  | { kind: 'too-large' }
  /** To be sent again. `isSlow`: somebody has to mend something first. */
  | { kind: 'later'; afterMs: number; isSlow: boolean; why: string };

export interface ServerClientOptions {
  url: string;
  apiKey: string | undefined;
}

const REQUEST_TIMEOUT_MS = 10_000;
const ANSWER_BYTES_MAX = 1 << 20;
/** Smaller bodies are sent as they are. */
const COMPRESSED_BYTES_MIN = 1024;
const ZSTD = { params: { [zlib.constants.ZSTD_c_compressionLevel]: 1 } };

/** zstd costs a quarter of what gzip does, its first level half of its usual one; Node has it from 22.15 on. */
const [ENCODING, compress] =
  typeof zlib.zstdCompress === 'function'
    ? (['zstd', promisify<Buffer, Buffer>((body, done) => zlib.zstdCompress(body, ZSTD, done))] as const)
    : (['gzip', promisify<Buffer, Buffer>((body, done) => zlib.gzip(body, { level: 1 }, done))] as const);

interface Answer {
  status: number;
  headers: Headers;
  /** Undefined when it is not the JSON of this server. */
  body: unknown;
}

/** Speaks to the server that the program's user names. Never throws. */
export class ServerClient {
  private readonly url: string;
  private readonly headers: Readonly<Record<string, string>>;
  private readonly underWay = new Set<AbortController>();

  constructor({ url, apiKey }: ServerClientOptions) {
    this.url = url;
    this.headers = apiKey === undefined ? {} : { 'x-api-key': apiKey };
  }

  /** Where a shipment goes and with what, as it is not compressed. */
  request(shipment: Shipment): { url: string; headers: Record<string, string> } {
    const headers = {
      ...this.headers,
      'content-type': 'application/x-ndjson',
      'x-tailwater-producer': producerHeader(shipment),
    };
    return { url: `${this.url}/api/logs`, headers };
  }

  async send(shipment: Shipment): Promise<Outcome> {
    const { url, headers } = this.request(shipment);
    try {
      let { body } = shipment;
      if (body.length > COMPRESSED_BYTES_MIN) {
        body = await compress(body);
        headers['content-encoding'] = ENCODING;
      }
      return outcomeOf(await this.post(url, headers, body));
    } catch (error) {
      return { kind: 'later', afterMs: 0, isSlow: false, why: whyOf(error) };
    }
  }

  /** Null when the server did not answer as it should. */
  async checkIn(report: CheckIn): Promise<CheckInAnswer | null> {
    try {
      const headers = { ...this.headers, 'content-type': 'application/json' };
      const answer = await this.post(`${this.url}/api/producers/check-in`, headers, checkInBody(report));
      const { body } = answer;
      if (answer.status !== 200 || body === undefined) return null;
      const serverMs = Date.parse(answer.headers.get('date') ?? '');
      // The header has whole seconds, and travelled: less than that is no difference.
      const aheadMs = Number.isNaN(serverMs) || Math.abs(serverMs - Date.now()) < 2_000 ? 0 : serverMs - Date.now();
      return readCheckIn(body, aheadMs);
    } catch {
      return null;
    }
  }

  /** Ends the requests under way, as if the server did not answer. */
  abandon(): void {
    for (const request of this.underWay) request.abort(new Error('no answer before the end'));
  }

  private async post(url: string, headers: Record<string, string>, body: string | Buffer): Promise<Answer> {
    const request = new AbortController();
    const { signal } = request;
    const timer = setTimeout(
      () => request.abort(new Error(`no answer in ${REQUEST_TIMEOUT_MS} ms`)),
      REQUEST_TIMEOUT_MS,
    );
    timer.unref();
    this.underWay.add(request);
    try {
      const init = { method: 'POST', headers, body: body as string | Uint8Array<ArrayBuffer>, signal };
      const response = await fetch(url, init);
      return { status: response.status, headers: response.headers, body: await readJson(response) };
    } finally {
      clearTimeout(timer);
      this.underWay.delete(request);
    }
  }
}

/** The answer's body; undefined when it is not the JSON of this server. Reads to its end, so that the connection is free. */
async function readJson(response: Response): Promise<unknown> {
  const text = await response.text();
  if (text.length > ANSWER_BYTES_MAX) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What status and body say. Statuses: docs/reference/errors.md of the server. */
function outcomeOf({ status, headers, body }: Answer): Outcome {
  const { accepted, rejected, rejected_total: total, error } = (body ?? {}) as Record<string, unknown>;
  const rejectedCount = typeof total === 'number' ? total : Array.isArray(rejected) ? rejected.length : 0;
  const message = (error as { message?: unknown } | undefined)?.message;
  const why = `the server answered ${status}${typeof message === 'string' ? `: ${message}` : ''}`;
  if (status < 300 && typeof accepted === 'number') return { kind: 'taken', rejected: rejectedCount };
  if (status === 413) return { kind: 'too-large' };
  if (status === 400 || status === 415 || status === 422) {
    return { kind: 'refused', isCounted: Array.isArray(rejected), why };
  }
  const isSlow = status === 401 || status === 403 || status === 404 || status < 400;
  return { kind: 'later', afterMs: retryAfterMs(headers.get('retry-after')), isSlow, why };
}

/** Seconds or a date, as RFC 9110 10.2.3 has it; 0 when there is none. */
function retryAfterMs(text: string | null): number {
  if (text === null) return 0;
  const seconds = Number(text);
  const ms = Number.isNaN(seconds) ? Date.parse(text) - Date.now() : seconds * 1000;
  return Number.isFinite(ms) ? Math.max(0, ms) : 0;
}

function whyOf(error: unknown): string {
  const { message, cause } = error as Error;
  const inner = (cause as Error | undefined)?.message;
  return `the server cannot be reached: ${inner ? `${message} (${inner})` : message}`;
}
