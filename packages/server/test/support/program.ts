import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';

/** Where Debian has daemons, which the PATH of a user leaves out. */
const SBIN = ['/usr/sbin', '/sbin', '/usr/local/sbin'];

/** A program that some machines lack. */
export interface Program {
  /** Empty when it is missing. */
  path: string;
  isMissing: boolean;
  /** For the name of a test: ` (skipped: no fluentd on PATH)`, or nothing. */
  why: string;
}

/** Looks for the program on PATH and where daemons are; `needs` are files without which it is of no use. */
export function program(name: string, ...needs: readonly string[]): Program {
  const dirs = [...(process.env.PATH ?? '').split(':'), ...SBIN];
  const path = dirs.map((dir) => join(dir, name)).find((candidate) => existsSync(candidate)) ?? '';
  const lack = path === '' ? `${name} on PATH` : needs.find((file) => !existsSync(file));
  return { path, isMissing: lack !== undefined, why: lack === undefined ? '' : ` (skipped: no ${lack})` };
}

/** Python with a module. */
export function pythonWith(...modules: readonly string[]): Program {
  const python = program('python3');
  if (python.isMissing) return python;
  const { status } = spawnSync(python.path, ['-c', `import ${modules.join(', ')}`]);
  const lacks = status !== 0;
  return { ...python, isMissing: lacks, why: lacks ? ` (skipped: no Python module ${modules.join(', ')})` : '' };
}

/** Its own surroundings are no business of what it sends. */
export const PROGRAM_ENV = { PATH: '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin', TZ: 'UTC', LC_ALL: 'C.UTF-8' };

/**
 * Runs the program while `during` does; SIGTERM ends it, and SIGKILL when it does not follow within 20 s.
 *
 * @throws What `during` throws, with the program's output as cause.
 */
export async function whileRunning<T>(
  { path }: Pick<Program, 'path'>,
  args: readonly string[],
  during: () => Promise<T>,
): Promise<T> {
  const child = spawn(path, args, { stdio: ['ignore', 'pipe', 'pipe'], env: PROGRAM_ENV });
  const ended = once(child, 'exit');
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-20_000);
    });
  }
  try {
    return await during();
  } catch (error) {
    throw new Error(`${error instanceof Error ? error.message : String(error)}\n${path} printed:\n${output}`, {
      cause: error,
    });
  } finally {
    const force = setTimeout(() => child.kill('SIGKILL'), 20_000);
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
    await ended;
    clearTimeout(force);
  }
}

/** A port that nothing listens on: for programs that cannot be told to choose one themselves. */
export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as { port: number };
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
