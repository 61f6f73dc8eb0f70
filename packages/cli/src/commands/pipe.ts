import { constants } from 'node:os';
import type { Readable, Writable } from 'node:stream';
import type { Command } from 'commander';
import type { ApiClient } from '../api-client.ts';
import { ProgramEnded } from '../cli-error.ts';
import { type ConnectionOptions, connect, withConnection } from '../connection.ts';
import { eventOfLine, type LineSource } from '../line-event.ts';
import { LineSender } from '../line-sender.ts';
import { LineSplitter } from '../line-splitter.ts';
import { passThrough } from '../pass-through.ts';

export interface PipeOptions extends ConnectionOptions {
  service?: string;
}

/** What of a process the command needs. */
export interface PipeProcess {
  stdin: Readable;
  stdout: Writable;
  stderr: Writable;
  on(signal: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void): unknown;
  off(signal: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void): unknown;
}

const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

export function addPipe(command: Command): void {
  withConnection(command)
    .option('--service <name>', 'the service that the lines are of, where they do not say so themselves')
    .action((options: PipeOptions) => pipe(connect(options), options, process));
}

/**
 * Passes stdin through until it ends, and sends it. SIGTERM ends it at once. At SIGINT and SIGHUP it goes on: a terminal
 * sends them to the program before it as well, whose last words are to be read; a second one ends it.
 */
export async function pipe(client: ApiClient, { service }: PipeOptions, process: PipeProcess): Promise<void> {
  const sender = new LineSender(client, { note: (message) => process.stderr.write(`tailwater: ${message}\n`) });
  const splitter = splitterTo(sender, { service });
  const stopping = new AbortController();
  let ending: NodeJS.Signals | null = null;
  const end = (signal: NodeJS.Signals) => {
    if (signal === 'SIGTERM' || ending !== null) stopping.abort();
    ending = signal;
  };
  for (const signal of SIGNALS) process.on(signal, end);
  try {
    await passThrough(process.stdin, process.stdout, (chunk) => splitter.push(chunk), stopping.signal);
  } finally {
    splitter.end();
    await sender.finish();
    for (const signal of SIGNALS) process.off(signal, end);
  }
  if (stopping.signal.aborted) throw new ProgramEnded(128 + constants.signals[ending ?? 'SIGTERM']);
}

/** Hands over the lines of what is pushed into it as events. */
export function splitterTo(sender: LineSender, source: LineSource): LineSplitter {
  return new LineSplitter((line) => {
    const event = eventOfLine(line, source, Date.now());
    if (event !== null) sender.add(event);
  });
}
