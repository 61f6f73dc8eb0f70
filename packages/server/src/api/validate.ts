import type { ErrorCode } from '@tailwater/schema';
import type { FastifySchemaCompiler } from 'fastify';
import type { z } from 'zod';
import { PermanentError } from '../runtime/errors.ts';

/** Checks a part of the request with its zod schema; the first fault becomes a PermanentError that names the field. */
export const validatorCompiler: FastifySchemaCompiler<z.ZodType> =
  ({ schema, httpPart }) =>
  (data) => {
    const result = schema.safeParse(data);
    if (result.success) return { value: result.data };
    const code = httpPart === 'body' ? 'invalid_body' : 'invalid_parameter';
    return { error: faultOf(result.error.issues[0]!, code) };
  };

/** The fault of an issue, naming the parameter or field. */
export function faultOf(issue: z.core.$ZodIssue, code: ErrorCode): PermanentError {
  const path = issue.path.join('.');
  if (issue.code === 'unrecognized_keys') {
    const key = issue.keys[0]!;
    const kind = code === 'invalid_body' ? 'field' : 'parameter';
    return new PermanentError(code, `there is no ${kind} \`${key}\` here`, path === '' ? key : `${path}.${key}`);
  }
  const isRepeated = code === 'invalid_parameter' && Array.isArray(issue.input);
  const message = isRepeated ? 'give this parameter once' : issue.message;
  return new PermanentError(code, message, path === '' ? undefined : path);
}
