import { describe, expect, test } from 'vitest';
import { connectionError, storeError } from './errors.ts';

describe('storeError', () => {
  test.each([
    ['insert', 53, 'PermanentError', 'invalid_body'],
    ['insert', 33, 'PermanentError', 'invalid_body'],
    ['insert', 117, 'PermanentError', 'invalid_body'],
    ['insert', 60, 'RetryableError', 'store_unavailable'],
    ['insert', 497, 'RetryableError', 'store_unavailable'],
    ['insert', 241, 'RetryableError', 'store_unavailable'],
    ['insert', 252, 'RetryableError', 'store_unavailable'],
    ['insert', 243, 'RetryableError', 'disk_full'],
    ['insert', 159, 'RetryableError', 'query_timeout'],
    ['insert', 516, 'RetryableError', 'store_unavailable'],
    ['insert', 0, 'RetryableError', 'store_unavailable'],
    ['insert', 99_999, 'RetryableError', 'store_unavailable'],
    ['select', 62, 'PermanentError', 'invalid_query'],
    ['select', 47, 'PermanentError', 'invalid_query'],
    ['select', 60, 'PermanentError', 'invalid_query'],
    ['select', 164, 'PermanentError', 'invalid_query'],
    ['select', 427, 'PermanentError', 'invalid_query'],
    ['select', 33, 'RetryableError', 'store_unavailable'],
    ['select', 159, 'RetryableError', 'query_timeout'],
    ['select', 202, 'RetryableError', 'store_unavailable'],
    ['select', 241, 'RetryableError', 'store_unavailable'],
  ] as const)('%s, code %i: %s %s', (operation, code, name, expected) => {
    expect(storeError(operation, code, 'whatever the text')).toMatchObject({ name, code: expected });
  });

  test('the message is ClickHouse’s without its frame, on one line, and not endless', () => {
    const text = `Code: 62. DB::Exception: Syntax error:\nhere ${'x'.repeat(1_000)} (SYNTAX_ERROR) (version 26.7.2.1)`;
    const { message } = storeError('select', 62, text);
    expect(message).toMatch(/^Syntax error: here x+…$/);
    expect(message.length).toBeLessThan(500);
    expect(storeError('select', 62, 'Code: 62. DB::Exception: Bad (SYNTAX_ERROR) (version 26.7.2.1)').message).toBe(
      'Bad (SYNTAX_ERROR)',
    );
  });
});

test('a connection that failed is retryable', () => {
  expect(connectionError(new Error('connect ECONNREFUSED'))).toMatchObject({
    name: 'RetryableError',
    code: 'store_unavailable',
  });
});
