import { ERROR_CODES, type ErrorCode } from '@tailwater/schema';
import { z } from 'zod';

export const errorSchema = z
  .strictObject({
    error: z.strictObject({
      code: z.enum(Object.keys(ERROR_CODES) as [ErrorCode, ...ErrorCode[]]),
      message: z.string(),
      field: z.string().optional().meta({ description: 'The parameter or field at fault.' }),
      request_id: z.string().meta({ description: "Also in X-Request-Id; finds the request in the server's log." }),
    }),
  })
  .meta({ id: 'Error', description: 'Every answer that is no success. docs/reference/errors.md explains the codes.' });
