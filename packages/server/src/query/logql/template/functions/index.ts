import type { FunctionTable } from '../function.ts';
import { BUILTIN_FUNCTIONS } from './builtin.ts';
import { DATE_FUNCTIONS } from './date.ts';
import { ENCODING_FUNCTIONS } from './encoding.ts';
import { NUMBER_FUNCTIONS } from './number.ts';
import { REGEX_FUNCTIONS } from './regex.ts';
import { TEXT_FUNCTIONS } from './text.ts';

/** Go's own functions of templates, and Loki's. */
export const FUNCTIONS: FunctionTable = {
  ...BUILTIN_FUNCTIONS,
  ...TEXT_FUNCTIONS,
  ...NUMBER_FUNCTIONS,
  ...ENCODING_FUNCTIONS,
  ...DATE_FUNCTIONS,
  ...REGEX_FUNCTIONS,
};
