/** Counts what passed, by topic, and prints what did not. */
export class Report {
  readonly #print: (line: string) => void;
  readonly #topics = new Map<string, { passed: number; deliberate: number; failed: number }>();
  readonly #used = new Set<string>();
  #failed = 0;

  constructor(print: (line: string) => void) {
    this.#print = print;
  }

  /**
   * @param found What differs, null for nothing.
   * @param reason Why a difference is deliberate. When nothing differs the reason is not needed, and that is a failure.
   */
  result(topic: string, name: string, found: string | null, reason: string | undefined): void {
    const counts = this.#countsOf(topic);
    if (reason !== undefined) this.#used.add(reason);
    if (found === null && reason === undefined) counts.passed++;
    else if (found !== null && reason !== undefined) {
      counts.deliberate++;
      this.#print(`  deliberate: ${name}\n    ${reason}`);
    } else {
      counts.failed++;
      this.#failed++;
      this.#print(`  FAILED ${name}\n    ${found ?? `nothing differs, but there is a reason for it: ${reason}`}`);
    }
  }

  endOf(topic: string): void {
    const { passed, deliberate, failed } = this.#countsOf(topic);
    const total = passed + deliberate + failed;
    const deliberately = deliberate === 0 ? '' : `, ${deliberate} differ deliberately`;
    this.#print(`${topic}: ${passed} of ${total} passed${deliberately}${failed === 0 ? '' : `, ${failed} FAILED`}`);
  }

  note(line: string): void {
    this.#print(line);
  }

  /** Of reasons that no case had need of: each is a failure. */
  unused(reasons: readonly string[]): void {
    for (const reason of new Set(reasons)) {
      if (this.#used.has(reason)) continue;
      this.#failed++;
      this.#print(`FAILED: no case has need of the difference: ${reason}`);
    }
  }

  get failed(): number {
    return this.#failed;
  }

  #countsOf(topic: string) {
    let counts = this.#topics.get(topic);
    if (counts === undefined) {
      counts = { passed: 0, deliberate: 0, failed: 0 };
      this.#topics.set(topic, counts);
    }
    return counts;
  }
}
