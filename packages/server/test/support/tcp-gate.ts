import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A port of this machine behind which there is something, or nothing. */
export interface TcpGate {
  port: number;
  /** From now on connections go to that port. */
  open(targetPort: number): void;
  /** Cuts all connections; from now on they are cut as they come, as if nothing listened. */
  shut(): void;
  close(): Promise<void>;
}

/** It is shut at first. */
export async function openGate(): Promise<TcpGate> {
  let target: number | null = null;
  const sockets = new Set<Socket>();
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => socket.destroy());
  };
  const server = createServer((socket) => {
    if (target === null) {
      socket.resetAndDestroy();
      return;
    }
    const there = connect(target, '127.0.0.1');
    keep(socket);
    keep(there);
    socket.pipe(there).pipe(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    open: (targetPort) => {
      target = targetPort;
    },
    shut: () => {
      target = null;
      cut();
    },
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      cut();
      await closed;
    },
  };
}
