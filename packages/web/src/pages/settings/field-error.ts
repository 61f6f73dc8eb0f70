import { ApiError } from '../../api/error.ts';

/** What the server says is wrong with the field, null where it says nothing of it. */
export const fieldError = (error: unknown, field: string): string | null =>
  error instanceof ApiError && (error.field === field || error.field?.startsWith(`${field}.`)) ? error.message : null;

/** The error, unless one of the fields tells it. */
export const otherError = (error: unknown, fields: readonly string[]): unknown =>
  fields.some((field) => fieldError(error, field) !== null) ? null : error;
