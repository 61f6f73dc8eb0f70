import { PermanentError, RetryableError } from '../../runtime/errors.ts';

/**
 * ClickHouse's error codes, sorted into ours. Told apart by code, never by text.
 * Source of the numbers: https://github.com/ClickHouse/ClickHouse/blob/master/src/Common/ErrorCodes.cpp
 */

/** The block or query is at fault: types, syntax, names, arguments. */
const FAULT_OF_THE_REQUEST = new Set([
  6, // CANNOT_PARSE_TEXT
  10, // NOT_FOUND_COLUMN_IN_BLOCK
  16, // NO_SUCH_COLUMN_IN_TABLE
  20, // NUMBER_OF_COLUMNS_DOESNT_MATCH
  26, // CANNOT_PARSE_QUOTED_STRING
  27, // CANNOT_PARSE_INPUT_ASSERTION_FAILED
  36, // BAD_ARGUMENTS
  38, // CANNOT_PARSE_DATE
  41, // CANNOT_PARSE_DATETIME
  42, // NUMBER_OF_ARGUMENTS_DOESNT_MATCH
  43, // ILLEGAL_TYPE_OF_ARGUMENT
  44, // ILLEGAL_COLUMN
  46, // UNKNOWN_FUNCTION
  47, // UNKNOWN_IDENTIFIER
  50, // UNKNOWN_TYPE
  53, // TYPE_MISMATCH
  62, // SYNTAX_ERROR
  63, // UNKNOWN_AGGREGATE_FUNCTION
  69, // ARGUMENT_OUT_OF_BOUND
  70, // CANNOT_CONVERT_TYPE
  72, // CANNOT_PARSE_NUMBER
  117, // INCORRECT_DATA
  128, // TOO_LARGE_ARRAY_SIZE
  130, // CANNOT_READ_ARRAY_FROM_TEXT
  131, // TOO_LARGE_STRING_SIZE
  153, // ILLEGAL_DIVISION
  167, // TOO_DEEP_AST
  168, // TOO_BIG_AST
  184, // ILLEGAL_AGGREGATION
  190, // SIZES_OF_ARRAYS_DONT_MATCH
  207, // AMBIGUOUS_IDENTIFIER
  215, // NOT_AN_AGGREGATE
  306, // TOO_DEEP_RECURSION
  349, // CANNOT_INSERT_NULL_IN_ORDINARY_COLUMN
  386, // NO_COMMON_TYPE
  407, // DECIMAL_OVERFLOW
  427, // CANNOT_COMPILE_REGEXP
  456, // UNKNOWN_QUERY_PARAMETER
  457, // BAD_QUERY_PARAMETER
]);

/** Only an insert's: on a select these say that the store's own files are damaged. */
const FAULT_OF_THE_BLOCK = new Set([
  32, // ATTEMPT_TO_READ_AFTER_EOF
  33, // CANNOT_READ_ALL_DATA
  49, // LOGICAL_ERROR
]);

/** Only a select's: limits that it ran into, and things that a reader may not do. */
const FAULT_OF_THE_QUERY = new Set([
  60, // UNKNOWN_TABLE
  81, // UNKNOWN_DATABASE
  115, // UNKNOWN_SETTING
  158, // TOO_MANY_ROWS
  164, // READONLY
  191, // SET_SIZE_LIMIT_EXCEEDED
  307, // TOO_MANY_BYTES
  396, // TOO_MANY_ROWS_OR_BYTES
  452, // SETTING_CONSTRAINT_VIOLATION
  497, // ACCESS_DENIED
]);

const TIMEOUT_EXCEEDED = 159;
const TOO_SLOW = 160;
const NOT_ENOUGH_SPACE = 243;
/** Merges or memory need a while; anything else is worth another try sooner. */
const RETRY_AFTER_MS = new Map([
  [202, 500], // TOO_MANY_SIMULTANEOUS_QUERIES
  [241, 2_000], // MEMORY_LIMIT_EXCEEDED
  [252, 5_000], // TOO_MANY_PARTS
  [NOT_ENOUGH_SPACE, 10_000],
]);
const DEFAULT_RETRY_AFTER_MS = 1_000;

export type StoreOperation = 'insert' | 'select';

/** `code` 0 means that the answer had none: a proxy's, or none at all. `text` is ClickHouse's message. */
export function storeError(operation: StoreOperation, code: number, text: string): PermanentError | RetryableError {
  const special = operation === 'insert' ? FAULT_OF_THE_BLOCK : FAULT_OF_THE_QUERY;
  if (FAULT_OF_THE_REQUEST.has(code) || special.has(code))
    return new PermanentError(operation === 'insert' ? 'invalid_body' : 'invalid_query', shortened(text));
  const retryAfterMs = RETRY_AFTER_MS.get(code) ?? DEFAULT_RETRY_AFTER_MS;
  if (code === TIMEOUT_EXCEEDED || code === TOO_SLOW)
    return new RetryableError('query_timeout', 'The event store stopped at the time limit.', retryAfterMs);
  if (code === NOT_ENOUGH_SPACE)
    return new RetryableError('disk_full', 'The event store has no space left.', retryAfterMs);
  return new RetryableError('store_unavailable', `The event store answered: ${shortened(text)}`, retryAfterMs);
}

/** For connections that were refused, reset or cut. */
export function connectionError(error: Error): RetryableError {
  return new RetryableError(
    'store_unavailable',
    `No answer from the event store: ${error.message}`,
    DEFAULT_RETRY_AFTER_MS,
  );
}

/** "Code: 62. DB::Exception: Syntax error … (SYNTAX_ERROR) (version 26.7.2.1)" → "Syntax error … (SYNTAX_ERROR)" */
function shortened(text: string): string {
  const oneLine = text
    .replace(/^Code: \d+\. DB::Exception: /, '')
    .replace(/ \(version [^)]*\)\s*$/, '')
    .replace(/\s+/g, ' ')
    .trim();
  return oneLine.length > 400 ? `${oneLine.slice(0, 400)}…` : oneLine;
}
