import type { AnswerLine } from '../../../query/logql/encode.ts';

/** Beyond it the earliest lines go out before their time: a tail's memory is bounded. */
const HELD_LINES_MAX = 10_000;
const HELD_CHARACTERS_MAX = 8 << 20;
const LOOK_INTERVAL_MS = 100;

export interface TailDelayOptions {
  delayMs: number;
  /** Resolves when the reader has taken the lines, or is gone. */
  send(lines: readonly AnswerLine[]): Promise<void>;
  onFault(error: unknown): void;
  nowMs?: () => number;
}

/** Holds lines until they are `delayMs` old and hands them out in the order of time. Without a delay it holds none. */
export class TailDelay {
  private readonly options: TailDelayOptions;
  private readonly nowMs: () => number;
  private readonly timer: NodeJS.Timeout | null;
  /** By time; equal times in the order they came. */
  private held: AnswerLine[] = [];
  private heldCharacters = 0;
  private sending: Promise<void> = Promise.resolve();

  constructor(options: TailDelayOptions) {
    this.options = options;
    this.nowMs = options.nowMs ?? Date.now;
    const look = () => this.sendDue().catch(options.onFault);
    this.timer = options.delayMs === 0 ? null : setInterval(() => void look(), LOOK_INTERVAL_MS);
  }

  /** Resolves when there is room for more. */
  async push(lines: readonly AnswerLine[]): Promise<void> {
    if (this.timer === null) return this.send(lines);
    for (const line of lines) this.insert(line);
    await this.sendDue();
  }

  close(): void {
    if (this.timer !== null) clearInterval(this.timer);
    this.held = [];
  }

  private insert(line: AnswerLine): void {
    let at = this.held.length;
    while (at > 0 && isLater(this.held[at - 1]!, line)) at--;
    this.held.splice(at, 0, line);
    this.heldCharacters += line.labels.line.length;
  }

  private sendDue(): Promise<void> {
    const dueMs = this.nowMs() - this.options.delayMs;
    const { held } = this;
    let count = 0;
    let characters = 0;
    while (count < held.length) {
      const line = held[count]!;
      const isOver = held.length - count > HELD_LINES_MAX || this.heldCharacters - characters > HELD_CHARACTERS_MAX;
      if (line.timeMs >= dueMs && !isOver) break;
      characters += line.labels.line.length;
      count++;
    }
    if (count === 0) return this.sending;
    this.held = held.slice(count);
    this.heldCharacters -= characters;
    return this.send(held.slice(0, count));
  }

  /** One after another: a frame is not to overtake the one before it. */
  private send(lines: readonly AnswerLine[]): Promise<void> {
    this.sending = this.sending.then(() => this.options.send(lines));
    return this.sending;
  }
}

function isLater(left: AnswerLine, right: AnswerLine): boolean {
  return left.timeMs === right.timeMs ? left.timeNs > right.timeNs : left.timeMs > right.timeMs;
}
