import { CliError, EXIT } from './cli-error.ts';
import { isObject, type JsonObject } from './json.ts';
import { plainText } from './render-event.ts';

export const DEFAULT_URL = 'http://127.0.0.1:4750';
/** Longer than any query may run on a server that was not told otherwise. */
const ANSWER_TIMEOUT_MS = 120_000;
/** Of an answer that is no error of ours (a proxy's page): what is read of it. */
const FOREIGN_ERROR_CHARACTERS_MAX = 200;

export interface ApiRequest {
  method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  query?: URLSearchParams;
  /** An object, or NDJSON as text. */
  body?: JsonObject | string;
  accept?: string;
  /** Aborts the request and the reading of its answer. */
  signal?: AbortSignal;
}

/** The server answered with an error. `status` tells whether asking again can help. */
export class ApiError extends CliError {
  readonly status: number;
  /** What Retry-After says, null when there is none. */
  readonly retryAfterMs: number | null;

  constructor(status: number, message: string, retryAfterMs: number | null = null) {
    super(EXIT.failed, message);
    this.status = status;
    this.retryAfterMs = retryAfterMs;
  }
}

/** The HTTP API of one server. */
export class ApiClient {
  readonly #url: string;
  readonly #headers: Readonly<Record<string, string>>;

  /** @throws CliError when `url` is no http address. */
  constructor(url: string, { apiKey, orgId }: { apiKey?: string | undefined; orgId?: string | undefined } = {}) {
    if (!URL.canParse(url) || !/^https?:\/\//i.test(url)) {
      throw new CliError(EXIT.usage, `\`${url}\` is no http:// or https:// address`);
    }
    this.#url = url.replace(/\/+$/, '');
    this.#headers = { ...(apiKey && { 'x-api-key': apiKey }), ...(orgId && { 'x-scope-orgid': orgId }) };
  }

  /** The answer's JSON object. @throws CliError */
  async json(path: string, request: ApiRequest = {}): Promise<JsonObject> {
    const response = await this.open(path, { signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS), ...request });
    const answer: unknown = await response.json().catch(() => null);
    if (isObject(answer)) return answer;
    throw new CliError(EXIT.failed, `${this.#url} is no Tailwater server: its answer to ${path} is no JSON object`);
  }

  /** For answers without a body. @throws CliError */
  async send(path: string, request: ApiRequest): Promise<void> {
    const response = await this.open(path, { signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS), ...request });
    await response.body?.cancel();
  }

  /** A successful answer whose body is still to be read. @throws CliError */
  async open(
    path: string,
    { method = 'GET', query, body, accept = 'application/json', signal }: ApiRequest,
  ): Promise<Response> {
    const headers: Record<string, string> = { ...this.#headers, accept };
    if (body) headers['content-type'] = typeof body === 'string' ? 'application/x-ndjson' : 'application/json';
    const url = `${this.#url}${path}${query?.size ? `?${query}` : ''}`;
    const init: RequestInit = { method, headers, redirect: 'error' };
    if (body) init.body = typeof body === 'string' ? body : JSON.stringify(body);
    if (signal) init.signal = signal;
    const response = await fetch(url, init).catch((error: unknown) => {
      throw this.#unreachable(error);
    });
    if (response.ok) return response;
    throw await errorOf(response);
  }

  #unreachable(error: unknown): CliError {
    const cause = error instanceof Error && isObject(error.cause) ? error.cause : {};
    const reason = String(cause.code ?? (error instanceof Error ? error.message : error));
    const message = `no Tailwater server answers at ${this.#url} (${reason}). Start one with \`tailwater serve\`, or name another with --url or TAILWATER_URL.`;
    return new CliError(EXIT.unreachable, message);
  }
}

async function errorOf(response: Response): Promise<ApiError> {
  const text = await response.text().catch(() => '');
  const { error } = parseObject(text);
  const details = isObject(error) ? error : { message: text.slice(0, FOREIGN_ERROR_CHARACTERS_MAX) };
  const notes = [
    `${response.status} ${details.code ?? response.statusText}`,
    details.field ? `field ${details.field}` : '',
    details.request_id ? `request ${details.request_id}` : '',
  ].filter((note) => note !== '');
  const hint = response.status === 401 ? ' Give a key with --api-key or TAILWATER_API_KEY.' : '';
  return new ApiError(
    response.status,
    plainText(`${details.message || 'the server refused'} (${notes.join(', ')})${hint}`),
    retryAfterMs(response),
  );
}

function retryAfterMs(response: Response): number | null {
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
  return seconds >= 0 ? seconds * 1000 : null;
}

function parseObject(text: string): JsonObject {
  try {
    const parsed: unknown = JSON.parse(text);
    return isObject(parsed) ? parsed : {};
  } catch {
    return {};
  }
}
