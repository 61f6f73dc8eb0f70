import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import type { Readable, Writable } from 'node:stream';
import type { Command } from 'commander';
import type { ApiClient } from '../api-client.ts';
import { CliError, ProgramEnded } from '../cli-error.ts';
import { type ConnectionOptions, connect, withConnection } from '../connection.ts';
import { LineSender } from '../line-sender.ts';
import { passThrough } from '../pass-through.ts';
import { splitterTo } from './pipe.ts';

export interface RunOptions extends ConnectionOptions {
  service?: string;
}

/** As shells answer a command that is not there, or cannot be run. */
const NOT_FOUND = 127;
const NOT_RUNNABLE = 126;

const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'] as const;
/** A terminal sends these to all programs in front, so to the child as well: once more would be once too often. */
const FROM_TERMINAL: readonly NodeJS.Signals[] = ['SIGINT', 'SIGQUIT'];

export function addRun(command: Command): void {
  command
    .usage('[options] -- <command> [arguments...]')
    .argument('<command...>', 'the command and its arguments')
    .passThroughOptions();
  withConnection(command)
    .option('--service <name>', 'the service that the lines are of, where they do not say so themselves')
    .action((words: string[], options: RunOptions) => runProgram(connect(options), words, options, process));
}

/**
 * Runs a command to its end, hands signals on to it, and ends with its exit code.
 * @throws ProgramEnded when that is not 0, CliError when the command cannot be started.
 */
export async function runProgram(
  client: ApiClient,
  [file, ...args]: readonly string[],
  { service }: RunOptions,
  process: NodeJS.Process,
): Promise<void> {
  const child = spawn(file!, args, { stdio: ['inherit', 'pipe', 'pipe'] });
  const stopping = new AbortController();
  const forgetSignals = forwardSignals(process, child, () => stopping.abort());
  const ended = endOf(child, file!);
  const sender = new LineSender(client, { note: (message) => process.stderr.write(`tailwater: ${message}\n`) });
  const show = async (from: Readable, to: Writable, stream: 'stdout' | 'stderr') => {
    const splitter = splitterTo(sender, { service, stream });
    await passThrough(from, to, (chunk) => splitter.push(chunk), stopping.signal);
    splitter.end();
  };
  try {
    const shown = [show(child.stdout!, process.stdout, 'stdout'), show(child.stderr!, process.stderr, 'stderr')];
    const [exitCode] = await Promise.all([ended, ...shown]);
    await sender.finish();
    if (exitCode !== 0) throw new ProgramEnded(exitCode);
  } finally {
    forgetSignals();
  }
}

/** Resolves with the exit code; 128 and its number after a signal, as shells have it. */
function endOf(child: ChildProcess, file: string): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', (error: NodeJS.ErrnoException) => {
      const exitCode = error.code === 'ENOENT' ? NOT_FOUND : NOT_RUNNABLE;
      reject(new CliError(exitCode, `\`${file}\` cannot be run (${error.code ?? error.message})`));
    });
    child.once('exit', (code, signal) => resolve(code ?? 128 + constants.signals[signal!]));
  });
}

/** Hands signals on to the child. Once that is gone, what it left running may hold its output open: they end the wait. */
function forwardSignals(process: NodeJS.Process, child: ChildProcess, onLate: () => void): () => void {
  const listeners = FORWARDED.map((signal) => {
    const forward = () => {
      if (child.exitCode !== null || child.signalCode !== null) onLate();
      else if (!FROM_TERMINAL.includes(signal) || !isInFront(process)) child.kill(signal);
    };
    process.on(signal, forward);
    return [signal, forward] as const;
  });
  return () => {
    for (const [signal, forward] of listeners) process.off(signal, forward);
  };
}

/**
 * Whether what is typed at a terminal comes as a signal to this process, and so to the child, which is of its group.
 * Standard input and output do not tell: all of them may be files, and a terminal be there, and the other way round.
 */
function isInFront({ stdin, stdout, stderr }: NodeJS.Process): boolean {
  try {
    // Behind the name in parentheses: state, parent, group, session, terminal, group in front (proc_pid_stat(5)).
    const stat = readFileSync('/proc/self/stat', 'latin1');
    const [, , group, , terminal, groupInFront] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return terminal !== '0' && group === groupInFront;
  } catch {
    // No Linux.
    return [stdin, stdout, stderr].some(({ isTTY }) => isTTY);
  }
}
