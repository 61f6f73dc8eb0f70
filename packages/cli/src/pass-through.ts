import { once } from 'node:events';
import { addAbortSignal, type Readable, type Writable } from 'node:stream';

/**
 * Writes to `to` what comes from `from`, unchanged, as fast as it is read there, and shows it to `see` too. Ends with
 * `from`, when nobody reads `to` any more (`from` is closed then, as a pipe would be), or with `signal`.
 */
export async function passThrough(
  from: Readable,
  to: Writable,
  see: (chunk: Buffer) => void,
  signal?: AbortSignal,
): Promise<void> {
  const stopped = new AbortController();
  const stop = () => stopped.abort();
  signal?.addEventListener('abort', stop);
  to.on('error', stop);
  try {
    for await (const chunk of addAbortSignal(stopped.signal, from)) {
      see(chunk as Buffer);
      if (!to.write(chunk)) await once(to, 'drain', { signal: stopped.signal });
    }
  } catch (error) {
    if (!stopped.signal.aborted) throw error;
  } finally {
    from.destroy();
    signal?.removeEventListener('abort', stop);
  }
}
