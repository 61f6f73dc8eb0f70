import { VERBS, type Verb } from './items.ts';
import { logTypeOfIndex } from './names.ts';

/** What an action line says. */
export interface Action {
  verb: Verb;
  index: string;
  /** The same as JSON text. */
  indexText: string;
  /** Null when the sender leaves it to the server. */
  id: string | null;
  /** Empty when the index names none. */
  logType: string;
  /** What is wrong with it; its document is refused. */
  error?: string;
}

/** Elasticsearch's own limits. */
const INDEX_BYTES_MAX = 255;
const ID_BYTES_MAX = 512;
/** Of a line that says what comes next. */
const LINE_BYTES_MAX = 64 << 10;

export function actionOf(verb: Verb, index: string, id: string | null): Action {
  return { verb, index, indexText: JSON.stringify(index), id, logType: logTypeOfIndex(index) };
}

/** Reads action lines of one request: `{"create":{"_index":"logs-app-default"}}`. Most say what the one before said. */
export class ActionReader {
  private readonly defaultIndex: string;
  private lastLine = Buffer.alloc(0);
  private last: Action | null = null;

  /** `defaultIndex` is that of the path. */
  constructor(defaultIndex: string) {
    this.defaultIndex = defaultIndex;
  }

  /** The action at source[start, end), or what is wrong with it. */
  read(source: Buffer, start: number, end: number): Action | string {
    const { last } = this;
    if (last !== null && this.isLast(source, start, end)) return last;
    if (end - start > LINE_BYTES_MAX) return 'the action line is too long';
    const action = this.parse(source.toString('utf8', start, end));
    if (typeof action !== 'string') {
      this.lastLine = Buffer.from(source.subarray(start, end));
      this.last = action;
    }
    return action;
  }

  /** Lines are short: a loop costs less than a call of Buffer.compare. */
  private isLast(source: Buffer, start: number, end: number): boolean {
    const { lastLine } = this;
    if (lastLine.length !== end - start) return false;
    for (let i = 0; i < lastLine.length; i++) if (source[start + i] !== lastLine[i]) return false;
    return true;
  }

  private parse(line: string): Action | string {
    let parsed: unknown;
    try {
      parsed = JSON.parse(line);
    } catch {
      return EXPECTED;
    }
    if (typeof parsed !== 'object' || parsed === null) return EXPECTED;
    const [entry] = Object.entries(parsed as Record<string, unknown>);
    const verb = VERBS.find((known) => known === entry?.[0]);
    if (verb === undefined || typeof entry[1] !== 'object' || Array.isArray(entry[1])) return EXPECTED;
    const meta = (entry[1] ?? {}) as Record<string, unknown>;
    const index = Object.hasOwn(meta, '_index') ? textOf(meta._index, INDEX_BYTES_MAX) : this.defaultIndex;
    const id = Object.hasOwn(meta, '_id') && meta._id !== null ? textOf(meta._id, ID_BYTES_MAX) : null;
    const action = actionOf(verb, index ?? '', id === undefined || id === '' ? null : id);
    if (index === undefined) action.error = `_index must be a text of at most ${INDEX_BYTES_MAX} bytes`;
    else if (id === undefined) action.error = `_id must be a text of at most ${ID_BYTES_MAX} bytes`;
    return action;
  }
}

const EXPECTED = 'expected an action such as {"create":{"_index":"logs"}}';

function textOf(value: unknown, bytesMax: number): string | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  const text = String(value).toWellFormed();
  return Buffer.byteLength(text) > bytesMax ? undefined : text;
}
