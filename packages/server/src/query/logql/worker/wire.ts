import type { ErrorCode } from '@tailwater/schema';
import type { HttpOptions } from '../../../stores/clickhouse/http.ts';
import type { LogqlTask } from '../tasks.ts';

/** Messages between the main thread and a query worker. */
export type ToWorker =
  /** The store moved, or is known for the first time. */
  | { kind: 'connect'; connection: HttpOptions }
  | { kind: 'run'; id: number; task: LogqlTask }
  | { kind: 'abort'; id: number };

export type FromWorker =
  | { kind: 'done'; id: number; body: Uint8Array<ArrayBuffer> }
  | { kind: 'failed'; id: number; error: WireError };

/** An error that crosses threads: our two classes, or a fault of ours as text. */
export type WireError =
  | { kind: 'permanent'; code: ErrorCode; message: string; field: string | undefined }
  | { kind: 'retryable'; code: ErrorCode; message: string; retryAfterMs: number }
  | { kind: 'fault'; message: string };
