import type { GoValue } from './value.ts';

/** Types of parameters, in Go's names; `reflect.Value` is anything, nil included, without conversion. */
export type ParamType = 'string' | 'int' | 'float64' | 'bool' | 'interface {}' | 'reflect.Value' | 'time.Time';

/** The event that a template is executed for. */
export interface TemplateContext {
  line: string;
  /** Whole milliseconds since the epoch, and the nanoseconds behind them (0 to 999,999). */
  timeMs: number;
  timeNs: number;
}

/**
 * A function of templates. The executor has checked number and types of the arguments.
 * `call` throws FunctionError with Go's text.
 */
export interface GoFunction {
  params: readonly ParamType[];
  /** The type of all further arguments; null when there are none. */
  rest: ParamType | null;
  call(args: readonly GoValue[], context: TemplateContext): GoValue;
}

export type FunctionTable = Readonly<Record<string, GoFunction>>;

/** A function of texts alone. */
export function ofStrings(count: number, call: (...args: string[]) => GoValue): GoFunction {
  return {
    params: Array.from({ length: count }, () => 'string' as const),
    rest: null,
    call: (args) => call(...args.map(stringOf)),
  };
}

/** An argument that was checked to be a string. */
export function stringOf(value: GoValue): string {
  return typeof value === 'string' ? value : '';
}
