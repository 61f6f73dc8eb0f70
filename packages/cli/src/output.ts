import { once } from 'node:events';
import { WriteStream } from 'node:tty';

export function isTerminal(stream: NodeJS.WritableStream): boolean {
  return stream instanceof WriteStream;
}

/** Whether colours help the reader: a terminal, and NO_COLOR, TERM=dumb and the like do not say otherwise. */
export function isColourTerminal(stream: NodeJS.WritableStream): boolean {
  return stream instanceof WriteStream && stream.hasColors();
}

/** Writes and waits while the reader is slow, so that memory stays flat. */
export async function write(stream: NodeJS.WritableStream, text: string): Promise<void> {
  if (!stream.write(text)) await once(stream, 'drain');
}

/** Ends quietly when the reader of our output is gone, as in `tailwater logs | head`. */
export function endWithReader(stream: NodeJS.WritableStream): void {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
}
