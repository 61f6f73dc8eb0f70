/** What a query answered: the JSON of `data.result` and its warnings, or the text of its error. */
export type Answer = { kind: 'result'; result: unknown; warnings: unknown } | { kind: 'error'; message: string };

/**
 * Which of several events at fault comes first hangs on the order of reading, which is any but for a few operations;
 * that there is one does not.
 */
const PIPELINE_ERROR = 'pipeline error';

export async function answerOf(run: () => Promise<string>): Promise<Answer> {
  try {
    const { data, warnings } = JSON.parse(await run()) as { data: { result: unknown }; warnings?: unknown };
    return { kind: 'result', result: data.result, warnings };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const isQueryFault = error instanceof Error && 'code' in error && error.code === 'invalid_query';
    if (!isQueryFault) return { kind: 'error', message: `FAULT ${error instanceof Error ? error.stack : message}` };
    return { kind: 'error', message: message.startsWith(PIPELINE_ERROR) ? PIPELINE_ERROR : message };
  }
}

export function isFault(answer: Answer): boolean {
  return answer.kind === 'error' && answer.message.startsWith('FAULT');
}

export function isEmpty(answer: Answer): boolean {
  return answer.kind === 'result' && Array.isArray(answer.result) && answer.result.length === 0;
}

/** Where two answers differ, as a path with both values; null when they are equal. */
export function difference(left: Answer, right: Answer): string | null {
  return differ(left, right, '');
}

function differ(left: unknown, right: unknown, path: string): string | null {
  if (left === right) return null;
  if (Array.isArray(left) && Array.isArray(right)) {
    if (isSample(left, right)) return areClose(left[1], right[1]) ? null : told(left, right, path);
    const at = Array.from({ length: Math.max(left.length, right.length) }, (_, i) => i);
    return first(at.map((i) => () => differ(left[i], right[i], `${path}[${i}]`)));
  }
  if (isObject(left) && isObject(right)) {
    // The order of labels is part of the answer.
    const keys = Object.keys(left);
    if (keys.join('\n') !== Object.keys(right).join('\n')) return told(left, right, path);
    return first(keys.map((key) => () => differ(left[key], right[key], `${path}.${key}`)));
  }
  return told(left, right, path);
}

function first(checks: readonly (() => string | null)[]): string | null {
  for (const check of checks) {
    const found = check();
    if (found !== null) return found;
  }
  return null;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** `[seconds, "value"]` of a metric query; lines have their time as text. */
function isSample(left: readonly unknown[], right: readonly unknown[]): boolean {
  return left.length === 2 && right.length === 2 && typeof left[0] === 'number' && left[0] === right[0];
}

const TOLERANCE = 1e-9;

/** Sums in another order differ in their last digits. */
function areClose(left: unknown, right: unknown): boolean {
  if (left === right) return true;
  const [a, b] = [Number(left), Number(right)];
  return Math.abs(a - b) <= TOLERANCE * Math.max(1, Math.abs(a), Math.abs(b));
}

function told(left: unknown, right: unknown, path: string): string {
  return `at ${path || '.'}:\n  ${text(left)}\n  ${text(right)}`;
}

const TEXT_MAX = 600;

function text(value: unknown): string {
  return (JSON.stringify(value) ?? 'nothing').slice(0, TEXT_MAX);
}
