/** What the server says when it refuses, or what the network says when it is not there. */
export class ApiError extends Error {
  /** 0 when no answer came. */
  readonly status: number;
  /** A code of docs/reference/errors.md, or `unreachable`. */
  readonly code: string;
  /** The parameter or member that is wrong. */
  readonly field: string | null;
  readonly requestId: string | null;
  readonly retryAfterMs: number | null;

  constructor(
    status: number,
    code: string,
    message: string,
    more: Partial<Pick<ApiError, 'field' | 'requestId' | 'retryAfterMs'>> = {},
  ) {
    super(message);
    this.status = status;
    this.code = code;
    this.field = more.field ?? null;
    this.requestId = more.requestId ?? null;
    this.retryAfterMs = more.retryAfterMs ?? null;
  }
}

/** Whether the server could not be asked, or had no time: the same question may be answered later. */
export const isPassing = (error: unknown): boolean =>
  error instanceof ApiError && [0, 429, 502, 503, 504].includes(error.status);

export async function errorOf(response: Response): Promise<ApiError> {
  const text = await response.text();
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
  const retryAfterMs = Number.isNaN(seconds) ? null : seconds * 1000;
  const said = errorMember(text);
  if (said === null) {
    const message = text.trim().slice(0, 500) || `the server answered ${response.status}`;
    return new ApiError(response.status, 'unknown', message, { retryAfterMs });
  }
  return new ApiError(response.status, said.code, said.message, {
    field: said.field ?? null,
    requestId: said.request_id ?? null,
    retryAfterMs,
  });
}

interface ErrorMember {
  code: string;
  message: string;
  field?: string;
  request_id?: string;
}

function errorMember(text: string): ErrorMember | null {
  try {
    const { error } = JSON.parse(text) as { error?: Partial<ErrorMember> };
    return typeof error?.code === 'string' && typeof error.message === 'string' ? (error as ErrorMember) : null;
  } catch {
    return null;
  }
}
