import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** A command of the built program, as a shell starts it. */
export interface CliProcess {
  child: ChildProcess;
  stdout(): Buffer;
  stderr(): string;
  /** Resolves with the exit code once its output has ended; null when a signal ended it. */
  exit: Promise<number | null>;
}

function findCli(): string {
  let dir = import.meta.dirname;
  while (!existsSync(join(dir, 'package-lock.json'))) dir = join(dir, '..');
  return join(dir, 'packages/cli/dist/main.js');
}

/** Where the built command line is. */
export const CLI = findCli();

/**
 * Runs `tailwater ARGS` with pipes for all three, without a terminal, and nothing in its environment but what is given.
 * Build first.
 */
export function cliProcess(args: readonly string[], env: Record<string, string> = {}): CliProcess {
  const { PATH = '', HOME = '', NODE_COMPILE_CACHE } = process.env;
  // A session of its own has no terminal, also where the tests are run from one.
  const child = spawn(process.execPath, [CLI, ...args], {
    env: { PATH, HOME, NODE_COMPILE_CACHE, ...env },
    detached: true,
  });
  const stdout: Buffer[] = [];
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  // What is written to a program that has ended is of no interest.
  child.stdin.on('error', () => undefined);
  const exit = once(child, 'close').then(() => child.exitCode);
  return { child, stdout: () => Buffer.concat(stdout), stderr: () => stderr, exit };
}
