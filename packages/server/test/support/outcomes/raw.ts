import { once } from 'node:events';
import type { Socket } from 'node:net';

/** Sends the bytes on a connection of their own, ends it, and resolves once the other side has closed too. */
export async function sendRaw(connect: () => Socket, bytes: Uint8Array): Promise<void> {
  const socket = connect();
  // A reset is a way to close.
  socket.on('error', () => {});
  const closed = once(socket, 'close').catch(() => {});
  socket.resume();
  socket.end(bytes);
  await closed;
}

/** Resolves once `isTrue`. Rejects with what `show` says after a long time. */
export async function until(isTrue: () => boolean, show: () => unknown): Promise<void> {
  const deadline = performance.now() + 45_000;
  while (!isTrue()) {
    if (performance.now() > deadline) throw new Error(`still waiting: ${JSON.stringify(show())}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
