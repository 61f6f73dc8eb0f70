import { afterAll, expect, test } from 'vitest';
import { createTailwater } from '../tailwater.ts';
import type { EmitEvent } from '../types.ts';
import { pathOf, type RequestEnd, type RequestOptions, RequestScope } from './request-scope.ts';

const seen: EmitEvent[] = [];
const beforeEmit = (event: EmitEvent) => {
  seen.push(event);
  return null;
};
const tailwater = createTailwater({ stdout: 'off', handleExit: false, beforeEmit });
afterAll(() => tailwater.close());

const DONE: RequestEnd = { status: 200, route: '/x', isAborted: false };

function scopeOf(headers: Record<string, string> = {}, options: RequestOptions<string> = {}): RequestScope<string> {
  const header = (name: string) => headers[name];
  return new RequestScope(tailwater, options, { request: 'r', method: 'GET', url: '/x?a=1&b=2', header });
}

function eventOf(end: Partial<RequestEnd>, thrown?: unknown, options?: RequestOptions<string>): EmitEvent | undefined {
  seen.length = 0;
  const scope = scopeOf({}, options);
  if (thrown !== undefined) scope.note(thrown);
  scope.end({ ...DONE, ...end });
  scope.end(DONE);
  expect(seen.length).toBeLessThan(2);
  return seen[0];
}

test.each<[string, Partial<RequestEnd>, unknown, string, string]>([
  ['answered', {}, undefined, 'info', 'completed'],
  ['refused', { status: 404 }, undefined, 'warn', 'completed'],
  ['refused by an error', { status: 422 }, new Error('no'), 'warn', 'completed'],
  ['failed', { status: 503 }, undefined, 'error', 'failed'],
  ['failed, and answered as if not', { status: 200 }, new Error('no'), 'error', 'failed'],
  ['left', { status: undefined, isAborted: true }, undefined, 'warn', 'aborted'],
  ['left, and failed', { status: 200, isAborted: true }, 'text', 'error', 'failed'],
])('%s', (_, end, thrown, severity, outcome) => {
  expect(eventOf(end, thrown)).toMatchObject({ severity, metadata: { outcome } });
});

test('what is thrown, whatever it is', () => {
  const error = new Error('no');
  expect(eventOf({ status: 500 }, error)?.metadata?.exception).toBe(error);
  expect(eventOf({ status: 500 }, 'text')?.metadata?.exception).toEqual({ message: 'text' });
});

test('hooks that throw say nothing', () => {
  const fail = () => {
    throw new Error('hook');
  };
  const event = eventOf({}, undefined, { user: fail, metadata: fail, ignore: fail });
  expect(event).toMatchObject({ message: 'GET /x 200', userId: undefined });
});

test('values of the query only when they are asked for', () => {
  expect(eventOf({})?.metadata).not.toHaveProperty('query');
  expect(eventOf({}, undefined, { query: ['b', 'c'] })?.metadata?.query).toEqual({ b: '2' });
});

test.each([
  ['abc-1:2/3+4=@', true],
  ['a b', false],
  ['"', false],
  ['', false],
  ['é', false],
  ['x'.repeat(128), true],
  ['x'.repeat(129), false],
])('the request id %j', (id, isTaken) => {
  const { requestId } = scopeOf({ 'x-request-id': id });
  expect(requestId === id).toBe(isTaken);
  expect(requestId).not.toBe('');
});

test('the trace is that of the span around, otherwise the header names it', () => {
  const header = { traceparent: '00-c8ec1a0c0df90dfb8b29ab1e9da897e5-3fe0e800bf4abb5f-01' };
  const traceIn = (scope: RequestScope<string>) => scope.run(() => tailwater.context()?.traceId);
  expect(traceIn(scopeOf(header))).toBe('c8ec1a0c0df90dfb8b29ab1e9da897e5');
  const around = { traceId: '11111111111111111111111111111111' };
  expect(tailwater.withContext(around, () => traceIn(scopeOf(header)))).toBe(around.traceId);
});

test.each([
  ['/a/b?c=d', '/a/b'],
  ['https://user:pass@host:1/a?b', '/a'],
  ['http://host', '/'],
  ['/a#b', '/a'],
  ['', '/'],
  [`/${'x'.repeat(600)}`, `/${'x'.repeat(499)}`],
])('the path of %s', (url, path) => {
  expect(pathOf(url)).toBe(path);
});
