import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { extname, join } from 'node:path';
import type { TailwaterOptions, TailwaterStats } from '@tailwater/sdk';
import type { SdkCommand } from './sdk-program.ts';

/** A running sdk-program.ts. */
export interface SdkProcess {
  child: ChildProcess;
  /** Resolves when it is done, with the client's statistics then. */
  run(command: SdkCommand): Promise<TailwaterStats>;
  /** Ends it; resolves with its exit code, or the signal that ended it. */
  end(signal: NodeJS.Signals): Promise<number | string>;
  /** How it ended. */
  ended: Promise<number | string>;
}

export function startSdkProcess(options: Omit<TailwaterOptions, 'beforeEmit' | 'onTrouble'>): SdkProcess {
  const program = join(import.meta.dirname, `sdk-program${extname(import.meta.url)}`);
  const child = fork(program, [JSON.stringify(options)], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
  const waiting = new Map<number, (stats: TailwaterStats) => void>();
  let numbers = 0;
  child.on('message', ({ number, stats }: { number: number; stats: TailwaterStats }) => {
    waiting.get(number)?.(stats);
    waiting.delete(number);
  });
  const ended = once(child, 'exit').then(([code, signal]) => (code ?? signal) as number | string);
  return {
    child,
    ended,
    run: (command) => {
      const number = numbers++;
      return new Promise((resolve) => {
        waiting.set(number, resolve);
        child.send({ number, command });
      });
    },
    end: (signal) => {
      child.kill(signal);
      return ended;
    },
  };
}
