import { format } from 'node:util';
import type { Metadata, Severity, Tailwater } from '../types.ts';

const METHODS = { debug: 'debug', log: 'info', info: 'info', warn: 'warn', error: 'error', trace: 'debug' } as const;
type Method = keyof typeof METHODS;

export interface ConsoleOptions {
  /** Logger and log type of the events. Default `console`. */
  logger?: string;
  /** Default: the global one. */
  console?: Pick<Console, Method>;
}

export interface ConsoleCapture {
  /** Puts the console's own methods back. */
  restore(): void;
}

/**
 * Makes an event of everything that the program writes with `console`, which prints as before. Objects behind a text are
 * metadata. With `stdout: 'off'` nothing is printed twice.
 */
export function captureConsole(tailwater: Tailwater, options: ConsoleOptions = {}): ConsoleCapture {
  const { logger = 'console', console: target = console } = options;
  // What `beforeEmit` prints must not come back to it.
  let isInside = false;
  const capture = (severity: Severity, values: readonly unknown[]): void => {
    if (isInside || !tailwater.isEnabled(severity, logger)) return;
    isInside = true;
    try {
      tailwater.emit({ logType: logger, logger, severity, ...read(values) });
    } catch {
      // Something that cannot be printed: the console has said so.
    } finally {
      isInside = false;
    }
  };
  const restores = (Object.keys(METHODS) as Method[]).map((method) => {
    const own = target[method];
    const captured = (...values: unknown[]): void => {
      own.apply(target, values);
      capture(METHODS[method], values);
    };
    target[method] = captured;
    return () => {
      if (target[method] === captured) target[method] = own;
    };
  });
  return {
    restore: () => {
      for (const restore of restores) restore();
    },
  };
}

function read(values: readonly unknown[]): { message: string; metadata?: Metadata } {
  const error = values.find((value) => value instanceof Error);
  const exception = error === undefined ? {} : { exception: error };
  const [text, ...rest] = values;
  const isNamed = typeof text === 'string' && !text.includes('%') && rest.length > 0 && rest.every(isPlain);
  if (isNamed) return { message: text, metadata: Object.assign({}, ...rest) };
  // An error's stack is in `exception`.
  const message = format(...values.map((value) => (value === error ? error?.message : value)));
  return { message, metadata: exception };
}

function isPlain(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
