import type { Spool } from './spool/spool.ts';
import type { Shipment } from './wire.ts';

export interface SpoolWriterParts {
  spool: Spool;
  syncEachMs: number;
  /** So many are written at once; fewer wait for syncEachMs. */
  eventsAtOnce: number;
  ready(): number;
  /** The oldest that wait in memory. */
  take(): Shipment | null;
  /** Events are on disk, or the disk did not take them and they are to be sent from memory. */
  onAppended(): void;
  onTrouble(message: string): void;
}

/** Takes events from memory to the spool: one write and one fsync at a time, for all that came meanwhile. */
export class SpoolWriter {
  /** What is being written. */
  current: Shipment | null = null;
  private readonly parts: SpoolWriterParts;
  private running: Promise<void> | null = null;
  private timer: NodeJS.Timeout | undefined;

  constructor(parts: SpoolWriterParts) {
    this.parts = parts;
  }

  notify(): void {
    const { ready, eventsAtOnce, syncEachMs } = this.parts;
    if (this.running !== null) return;
    if (ready() >= eventsAtOnce) {
      void this.run();
    } else if (ready() > 0 || this.parts.spool.heldFirst !== null) {
      this.timer ??= setTimeout(() => void this.run(), syncEachMs).unref();
    }
  }

  /** Resolves when all that waited is on disk, or the disk did not take it. */
  run(): Promise<void> {
    this.running ??= this.writeAll().finally(() => {
      this.running = null;
      this.notify();
    });
    return this.running;
  }

  private async writeAll(): Promise<void> {
    const { spool, take, onAppended, onTrouble } = this.parts;
    clearTimeout(this.timer);
    this.timer = undefined;
    try {
      while (await spool.retryHeld()) {
        this.current = take();
        if (this.current === null) break;
        await spool.append(this.current);
        this.current = null;
        onAppended();
      }
    } catch (error) {
      this.current = null;
      onTrouble(`the spool cannot be written, events wait in memory: ${(error as Error).message}`);
      onAppended();
    }
  }

  close(): void {
    clearTimeout(this.timer);
  }
}
