import { createSocket } from 'node:dgram';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { createServer } from 'node:net';

/** Whether a port could be opened now; otherwise `taken`, or what else is in the way. */
export function isFree(host: string, port: number, protocol: 'tcp' | 'udp'): Promise<string> {
  return new Promise((resolve) => {
    const failed = (error: NodeJS.ErrnoException) =>
      resolve(error.code === 'EADDRINUSE' ? 'taken' : (error.code ?? error.message));
    if (protocol === 'udp') {
      const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
      socket.once('error', failed).bind(port, host, () => socket.close(() => resolve('free')));
    } else {
      const server = createServer();
      server.once('error', failed).listen(port, host, () => server.close(() => resolve('free')));
    }
  });
}

/** The process that has a port open; null where that cannot be seen: other users' processes, and no Linux. */
export function holderOf(port: number): { pid: number; command: string } | null {
  const sockets = new Set(['tcp', 'tcp6', 'udp', 'udp6'].flatMap((table) => inodesOf(table, port)));
  if (sockets.size === 0) return null;
  for (const name of readdirSync('/proc')) {
    if (/^\d+$/.test(name) && hasSocket(name, sockets)) {
      return { pid: Number(name), command: readFileSync(`/proc/${name}/comm`, 'utf8').trim() };
    }
  }
  return null;
}

const LISTENING = '0A';
const UDP_OPEN = '07';

/** Of the sockets that listen on a port: proc_net(5). */
function inodesOf(table: string, port: number): string[] {
  let text: string;
  try {
    text = readFileSync(`/proc/net/${table}`, 'latin1');
  } catch {
    return [];
  }
  const wanted = port.toString(16).toUpperCase().padStart(4, '0');
  return text
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local, , state]) => local?.endsWith(`:${wanted}`) && (state === LISTENING || state === UDP_OPEN))
    .map((fields) => `socket:[${fields[9]}]`);
}

function hasSocket(pid: string, sockets: ReadonlySet<string>): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => isOneOf(`/proc/${pid}/fd/${fd}`, sockets));
  } catch {
    return false;
  }
}

function isOneOf(path: string, sockets: ReadonlySet<string>): boolean {
  try {
    return sockets.has(readlinkSync(path));
  } catch {
    // Closed meanwhile.
    return false;
  }
}
