/** What was opened, to be closed in reverse order. */
export class Runner {
  private readonly closers: { name: string; close: () => Promise<void> | void }[] = [];
  private stopping: Promise<void> | null = null;
  private readonly onFault: (error: unknown, name: string) => void;

  /** `onFault` hears of closers that threw or ran over the deadline; the others are run all the same. */
  constructor(onFault: (error: unknown, name: string) => void) {
    this.onFault = onFault;
  }

  /** Registers a closer, right after the thing was opened. */
  defer(name: string, close: () => Promise<void> | void): void {
    this.closers.push({ name, close });
  }

  /** Closes everything, the last opened first, within `deadlineMs` in all. Safe to call twice. */
  stop(deadlineMs: number): Promise<void> {
    this.stopping ??= this.closeAll(performance.now() + deadlineMs);
    return this.stopping;
  }

  private async closeAll(deadline: number): Promise<void> {
    for (let closer = this.closers.pop(); closer !== undefined; closer = this.closers.pop()) {
      const { name, close } = closer;
      try {
        await within(Promise.resolve(close()), Math.max(50, deadline - performance.now()), name);
      } catch (error) {
        this.onFault(error, name);
      }
    }
  }
}

async function within(work: Promise<void>, ms: number, name: string): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${name} did not close in time`)), ms);
  });
  await Promise.race([work, late]).finally(() => clearTimeout(timer));
}
