import type { EventBatch } from '../../batch/event-batch.ts';
import { PermanentError } from '../../runtime/errors.ts';
import { NO_RESOURCE, NO_SCOPE, type Resource, type Scope } from './resource.ts';

/** Resources and scopes remembered, and the size up to which they are: about 8 MB at the most. */
const REMEMBERED_MAX = 1024;
const REMEMBERED_BYTES_MAX = 4096;

/** Whether the error is one event's fault, so that its neighbours can be taken. */
export function isEventFault(error: unknown): error is PermanentError {
  return error instanceof PermanentError && (error.code === 'invalid_field' || error.code === 'event_too_large');
}

/**
 * Resources and scopes by the raw bytes of their messages: a shipper sends the same few again and again, so that most
 * are read once. A fault of one is not thrown but kept in it, for each of its events to be rejected with.
 */
export class Surroundings {
  private readonly resources = new Map<string, Resource>();
  private readonly scopes = new Map<string, Scope>();

  /** Call when symbols have been forgotten, or limits changed. */
  clear(): void {
    this.resources.clear();
    this.scopes.clear();
  }

  /** The resource in source[start, end), by way of `read` when it is not known. */
  resource(batch: EventBatch, source: Buffer, start: number, end: number, read: () => Resource): Resource {
    const faulty = (fault: PermanentError): Resource => ({ ...NO_RESOURCE, fault });
    return recall(this.resources, 'resource', faulty, batch, source, start, end, read);
  }

  scope(batch: EventBatch, source: Buffer, start: number, end: number, read: () => Scope): Scope {
    const faulty = (fault: PermanentError): Scope => ({ ...NO_SCOPE, fault });
    return recall(this.scopes, 'scope', faulty, batch, source, start, end, read);
  }
}

function recall<T>(
  known: Map<string, T>,
  what: string,
  faulty: (fault: PermanentError) => T,
  batch: EventBatch,
  source: Buffer,
  start: number,
  end: number,
  read: () => T,
): T {
  const { eventBytesMax } = batch.limits;
  if (end - start > eventBytesMax) {
    const problem = `the ${what} has more bytes than limits.eventBytesMax (${eventBytesMax})`;
    return faulty(new PermanentError('event_too_large', problem, what));
  }
  const key = source.toString('latin1', start, end);
  const remembered = known.get(key);
  if (remembered !== undefined) return remembered;
  let value: T;
  try {
    value = read();
  } catch (error) {
    if (!isEventFault(error)) throw error;
    value = faulty(error);
  }
  if (key.length > REMEMBERED_BYTES_MAX) return value;
  if (known.size >= REMEMBERED_MAX) known.clear();
  known.set(key, value);
  return value;
}
