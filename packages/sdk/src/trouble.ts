/** Tells of trouble once for each kind, so that a server that is away for hours is one line. */
export class Trouble {
  /** The last that was told of disk or settings; the sender knows its own. */
  last = '';
  private readonly told = new Set<string>();
  private readonly tell: (message: string) => void;

  constructor(tell: ((message: string) => void) | undefined) {
    this.tell = tell ?? ((message) => void process.stderr.write(`tailwater: ${message}\n`));
  }

  report(kind: string, message: string): void {
    this.last = message;
    if (this.told.has(kind)) return;
    this.told.add(kind);
    try {
      this.tell(message);
    } catch {
      // Whoever wants to be told must not end the program by it.
    }
  }
}
