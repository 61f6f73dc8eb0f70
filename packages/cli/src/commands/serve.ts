import type { EventEmitter } from 'node:events';
import { type Command, Option } from 'commander';
import { readyLine, welcome } from '../announce.ts';
import { CliError, EXIT } from '../cli-error.ts';
import { write } from '../output.ts';

/** A server that runs, as @tailwater/server's `serve` answers. */
export interface Stoppable {
  stop(): Promise<void>;
}

/** What was acknowledged is durable whether or not draining ends in time. */
const STOP_TIMEOUT_MS = 10_000;

/** Adds an option for every configuration key. Loads the server. */
export async function addServe(command: Command): Promise<void> {
  const { CONFIG_KEYS, ConfigError, loadConfigOfProcess, serve } = await import('@tailwater/server');
  const flagNames = new Map<string, string>();
  for (const key of CONFIG_KEYS) {
    if (key.flag === null) continue;
    const defaultText = key.defaultText === null ? '' : ` Default: ${key.defaultText}.`;
    const option = new Option(
      `${key.flag} <value>`,
      `${key.description}${defaultText} (${key.environment.join(', ')})`,
    );
    flagNames.set(option.attributeName(), key.flag.slice(2));
    command.addOption(option);
  }
  command.action(async (options: Record<string, string>) => {
    const flags = Object.entries(options).map(([name, value]) => [flagNames.get(name) ?? name, value]);
    let config: ReturnType<typeof loadConfigOfProcess>;
    try {
      config = loadConfigOfProcess(Object.fromEntries(flags));
    } catch (error) {
      throw error instanceof ConfigError ? new CliError(EXIT.usage, error.message) : error;
    }
    const start = async (): Promise<Stoppable> => {
      const server = await serve(config);
      await write(process.stderr, welcome(server));
      await write(process.stdout, readyLine(server));
      return server;
    };
    await runUntilSignal(start, process);
    process.exit(EXIT.done);
  });
}

/** What `runUntilSignal` needs of `process`. */
export type SignalSource = Pick<EventEmitter, 'on' | 'off'> & { exit(code: number): void };

/**
 * Starts a server and stops it at the first SIGTERM or SIGINT; one that comes during the start stops it right after.
 * A second signal, or a stop that takes longer than STOP_TIMEOUT_MS, exits with 1.
 */
export async function runUntilSignal(start: () => Promise<Stoppable>, source: SignalSource): Promise<void> {
  const signalled = Promise.withResolvers<void>();
  let signals = 0;
  const onSignal = (): void => {
    signals += 1;
    if (signals > 1) source.exit(EXIT.failed);
    signalled.resolve();
  };
  for (const name of ['SIGTERM', 'SIGINT']) source.on(name, onSignal);
  try {
    const server = await start();
    await signalled.promise;
    const timer = setTimeout(() => source.exit(EXIT.failed), STOP_TIMEOUT_MS);
    await server.stop().finally(() => clearTimeout(timer));
  } finally {
    for (const name of ['SIGTERM', 'SIGINT']) source.off(name, onSignal);
  }
}
