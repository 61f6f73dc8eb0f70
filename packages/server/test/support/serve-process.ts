import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** The program as a shell starts it: for tests of what it prints and how it ends. */
export interface ServeProcess {
  child: ChildProcess;
  stdout(): string;
  stderr(): string;
  /** Resolves with the first line on stdout. Rejects with stderr when there was none. */
  firstLine: Promise<string>;
  /** The exit code, null when a signal ended it. */
  exit: Promise<number | null>;
}

function findCli(): string {
  let dir = import.meta.dirname;
  while (!existsSync(join(dir, 'package-lock.json'))) dir = join(dir, '..');
  return join(dir, 'packages/cli/dist/main.js');
}

/** Runs `tailwater serve` with nothing in its environment but what is given, and without events of its own. Build first. */
export function serveProcess(args: readonly string[], env: Record<string, string> = {}): ServeProcess {
  const { PATH = '', HOME = '', NODE_COMPILE_CACHE } = process.env;
  const child = spawn(process.execPath, [findCli(), 'serve', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH, HOME, NODE_COMPILE_CACHE, TAILWATER_LOG_OWN_EVENTS: 'off', ...env },
  });
  let stdout = '';
  let stderr = '';
  const line = Promise.withResolvers<string>();
  line.promise.catch(() => {});
  child.stdout!.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    const end = stdout.indexOf('\n');
    if (end >= 0) line.resolve(stdout.slice(0, end));
  });
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const exit = once(child, 'close').then(() => {
    line.reject(new Error(`it ended before a line: ${stderr}`));
    return child.exitCode;
  });
  return { child, stdout: () => stdout, stderr: () => stderr, firstLine: line.promise, exit };
}
