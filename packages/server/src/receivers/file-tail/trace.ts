/** Where in a stack trace the lines are. */
const STATE = { none: 0, frames: 1, python: 2, pythonEnd: 3, pythonChain: 4, goHead: 5, goRoutine: 6 } as const;
type State = (typeof STATE)[keyof typeof STATE];

/** Bytes of a line that are looked at. */
const HEAD_BYTES = 120;

/**
 * Lines that go on with the event before: Java's and .NET's frames and causes, Node's frames and `[cause]`, Ruby's
 * `from`, PHP's trace. Frames are indented, which is why only such lines and the few others are looked at closely.
 */
const FRAME =
  /^\s+(at |\.{3} \d+ (more|common)|Suppressed: |Caused by: |from |\[cause\]|\[errors\]|thrown in |--- End of|---> )/;
const UNINDENTED = /^(Caused by: |#\d+ |Stack trace:|--- End of |\[stacktrace\])/;
/** After frames: what Node prints of an error's own properties. */
const PROPERTIES = /^(\s+\S|\})/;

const PYTHON = 'Traceback (most recent call last):';
/** What Python prints between the traces of an exception and of its cause. */
const PYTHON_CHAIN = /^(During handling of the above exception|The above exception was the direct cause)/;
const GO_START = /^(panic: |fatal error: |goroutine \d+ \[|\[signal )/;
const GO_ROUTINE = /^goroutine \d+ \[/;
/** In a goroutine's trace: `main.main()`, its place indented, `created by …`. */
const GO_FRAME = /^(\s|created by |\.{3}|exit status \d)|\)$/;

/** First bytes of lines that may go on with an event that is no trace yet. */
const MAY_GO_ON = new Uint8Array(256);
for (const character of ' \tC#S-[') MAY_GO_ON[character.charCodeAt(0)] = 1;
const MAY_BEGIN = new Uint8Array(256);
for (const character of 'Tpfg[') MAY_BEGIN[character.charCodeAt(0)] = 1;

/** Tells, line by line of one stream, whether a line belongs to the stack trace before. */
export class Trace {
  private state: State = STATE.none;
  private blankSeen = false;

  /** A line that begins an event. True when it begins a trace by its own words. */
  begin(text: Buffer, start: number, end: number): boolean {
    this.state = STATE.none;
    this.blankSeen = false;
    if (MAY_BEGIN[text[start]] === 0) return false;
    const head = headOf(text, start, end);
    if (head.startsWith(PYTHON)) this.state = STATE.python;
    else if (GO_ROUTINE.test(head)) this.state = STATE.goRoutine;
    else if (GO_START.test(head)) this.state = STATE.goHead;
    return this.state !== STATE.none;
  }

  blank(): void {
    this.blankSeen = true;
    if (this.state === STATE.frames) this.state = STATE.none;
  }

  goesOn(text: Buffer, start: number, end: number): boolean {
    const { blankSeen } = this;
    if (this.state === STATE.none || this.state === STATE.frames) {
      // No blank line stands within a trace of these.
      return !blankSeen && this.frame(text, start, end);
    }
    const head = headOf(text, start, end);
    switch (this.state) {
      case STATE.python:
        if (!isIndented(head)) this.state = STATE.pythonEnd;
        return true;
      case STATE.pythonEnd:
        if (!PYTHON_CHAIN.test(head)) return !blankSeen && isIndented(head);
        this.state = STATE.pythonChain;
        return true;
      case STATE.pythonChain:
        if (!head.startsWith(PYTHON)) return false;
        this.state = STATE.python;
        this.blankSeen = false;
        return true;
      case STATE.goHead:
        if (GO_ROUTINE.test(head)) this.state = STATE.goRoutine;
        else return GO_START.test(head) || (!blankSeen && isIndented(head));
        this.blankSeen = false;
        return true;
      case STATE.goRoutine:
        if (blankSeen && !GO_ROUTINE.test(head)) return /^exit status \d/.test(head);
        this.blankSeen = false;
        return GO_ROUTINE.test(head) || GO_FRAME.test(head);
    }
  }

  private frame(text: Buffer, start: number, end: number): boolean {
    const isWithin = this.state === STATE.frames;
    const byte = text[start];
    if (MAY_GO_ON[byte] === 0 && !(isWithin && byte === 0x7d)) return false;
    const head = headOf(text, start, end);
    if (!FRAME.test(head) && !UNINDENTED.test(head)) return isWithin && PROPERTIES.test(head);
    this.state = STATE.frames;
    return true;
  }
}

function headOf(text: Buffer, start: number, end: number): string {
  if (end - start <= HEAD_BYTES) return text.toString('latin1', start, end);
  // Go's frames are told by their last character.
  return text.toString('latin1', start, start + HEAD_BYTES) + String.fromCharCode(text[end - 1]);
}

function isIndented(head: string): boolean {
  return head.startsWith(' ') || head.startsWith('\t');
}
