import { ERROR_CODES, type ErrorCode } from '@tailwater/schema';

/**
 * The only two errors that cross a component boundary. They are told apart by class and `code`, never by message.
 * Anything else that is thrown is a bug of ours and is answered as `internal`.
 */
export class PermanentError extends Error {
  override readonly name = 'PermanentError';
  readonly code: ErrorCode;
  /** The field or parameter at fault, as the user wrote it. */
  readonly field: string | undefined;

  /** `message` is shown to the user: no secrets, and it says what was expected. */
  constructor(code: ErrorCode, message: string, field?: string) {
    super(message);
    this.code = code;
    this.field = field;
  }

  get status(): number {
    return ERROR_CODES[this.code].status;
  }
}

/** The same request may succeed later, unchanged. */
export class RetryableError extends Error {
  override readonly name = 'RetryableError';
  readonly code: ErrorCode;
  readonly retryAfterMs: number;

  constructor(code: ErrorCode, message: string, retryAfterMs: number) {
    super(message);
    this.code = code;
    this.retryAfterMs = retryAfterMs;
  }

  get status(): number {
    return ERROR_CODES[this.code].status;
  }
}

/** Whether it is one of the two errors that cross a boundary; anything else is a fault of ours. */
export function isKnownError(error: unknown): error is PermanentError | RetryableError {
  return error instanceof PermanentError || error instanceof RetryableError;
}
