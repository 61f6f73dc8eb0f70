import type { EmitEvent } from './types.ts';

const WINDOW_MS = 5_000;
/** Different ones within a window. Beyond it a page is in a loop that changes its words. */
const DIFFERENT_MAX = 20;

interface Seen {
  event: EmitEvent;
  again: number;
}

/**
 * Lets an error through once in 5 seconds; then tells how often it came again. `tellAll` tells at once, before the page
 * goes.
 */
export class Repeats {
  readonly #emit: (event: EmitEvent) => void;
  readonly #later: (run: () => void, ms: number) => void;
  readonly #seen = new Map<string, Seen>();
  /** Errors that were left out because too many different ones came. */
  #overflow = 0;

  constructor(emit: (event: EmitEvent) => void, later: (run: () => void, ms: number) => void) {
    this.#emit = emit;
    this.#later = later;
  }

  /** @param key What makes two of them the same: the stack. */
  add(key: string, event: EmitEvent): void {
    const known = this.#seen.get(key);
    if (known !== undefined) known.again += 1;
    else if (this.#seen.size >= DIFFERENT_MAX) this.#overflow += 1;
    else {
      const seen: Seen = { event, again: 0 };
      this.#seen.set(key, seen);
      this.#emit(event);
      this.#later(() => {
        this.#seen.delete(key);
        this.#tell(seen);
      }, WINDOW_MS);
    }
  }

  tellAll(): void {
    for (const seen of this.#seen.values()) this.#tell(seen);
  }

  #tell(seen: Seen): void {
    const { again, event } = seen;
    seen.again = 0;
    if (again > 0) this.#emit({ ...event, metadata: { ...event.metadata, repeated: again } });
    if (this.#overflow > 0) {
      const message = `${this.#overflow} more errors within seconds`;
      this.#overflow = 0;
      this.#emit({ eventType: 'errors_left_out', severity: 'error', message });
    }
  }
}
