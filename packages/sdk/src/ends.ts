/** Somebody who has something to do before the program ends. */
export interface Ending {
  /** Brings to safety what waits, within so many milliseconds. */
  finish(timeoutMs: number): Promise<unknown>;
  /** Whether something came since it finished last. */
  readonly isPending: boolean;
  /** The last moment: nothing asynchronous happens any more. */
  saveSync(): void;
  /** The program may die of this error. */
  onUncaught(error: Error, origin: string): void;
}

/** How long a program that wants to end is kept. */
const FINISH_MS_MAX = 2_000;
const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

const endings = new Set<Ending>();

const finishAll = () => Promise.allSettled([...endings].map((ending) => ending.finish(FINISH_MS_MAX)));

/**
 * Who listens to a signal keeps it from ending the program. So when nobody but us does, it is raised again once we are
 * through; a program that handles it itself decides alone.
 */
function onSignal(signal: NodeJS.Signals): void {
  const isOurs = process.listenerCount(signal) === 1;
  void finishAll().then(() => {
    if (!isOurs) return;
    process.removeListener(signal, onSignal);
    process.kill(process.pid, signal);
  });
}

function onBeforeExit(): void {
  if ([...endings].some(({ isPending }) => isPending)) void finishAll();
}

function onExit(): void {
  for (const ending of endings) ending.saveSync();
}

function onUncaught(error: Error, origin: string): void {
  for (const ending of endings) ending.onUncaught(error, origin);
}

/** Calls the ending when the program ends, until the function it returns is called. */
export function handleEnds(ending: Ending): () => void {
  if (endings.size === 0) {
    process.on('beforeExit', onBeforeExit);
    process.on('exit', onExit);
    process.on('uncaughtExceptionMonitor', onUncaught);
    for (const signal of SIGNALS) process.on(signal, onSignal);
  }
  endings.add(ending);
  return () => {
    endings.delete(ending);
    if (endings.size > 0) return;
    process.removeListener('beforeExit', onBeforeExit);
    process.removeListener('exit', onExit);
    process.removeListener('uncaughtExceptionMonitor', onUncaught);
    for (const signal of SIGNALS) process.removeListener(signal, onSignal);
  };
}
