import type { Operand } from './nodes.ts';
import { nodeText } from './nodes.ts';
import { printValue } from './print.ts';
import { FunctionError, type GoValue, typeName } from './value.ts';

/** The builtin `call`: no value of a template is a function, so that it always fails, in Go's words. */
export function callBuiltin(values: readonly GoValue[], callee: Operand | undefined): GoValue {
  const [target] = values;
  if (target === undefined || target === null) throw new FunctionError('call of nil');
  const name = callee === undefined ? printValue(target) : nodeText(callee);
  throw new FunctionError(`non-function ${name} of type ${typeName(target)}`);
}
