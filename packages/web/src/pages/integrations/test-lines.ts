import { apiFetch } from '../../api/client.ts';
import { ApiError } from '../../api/error.ts';
import type { TestOutcome, TestStep } from './integration-queries.ts';

interface TestLine {
  step?: TestStep;
  outcome?: TestOutcome;
  error?: { code: string; message: string };
}

/**
 * Tries a connection: tells each step as it is done, and answers the outcome.
 * @throws ApiError what the server refuses; `unreachable` when it breaks off.
 */
export async function runTest(
  path: string,
  body: object | null,
  onStep: (step: TestStep) => void,
): Promise<TestOutcome> {
  const headers = { accept: 'application/x-ndjson', ...(body !== null && { 'content-type': 'application/json' }) };
  const response = await apiFetch(path, {
    method: 'POST',
    headers,
    ...(body !== null && { body: JSON.stringify(body) }),
  });
  for await (const line of linesOf(response.body!)) {
    const { step, outcome, error } = JSON.parse(line) as TestLine;
    if (step !== undefined) onStep(step);
    if (error !== undefined) throw new ApiError(response.status, error.code, error.message);
    if (outcome !== undefined) return outcome;
  }
  throw new ApiError(0, 'unreachable', 'The connection broke off before the test had ended.');
}

/** Lines of a stream of bytes, as they come. */
export async function* linesOf(bytes: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  const reader = bytes.getReader();
  let rest = '';
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    const lines = (rest + decoder.decode(next.value, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    yield* lines.filter((line) => line !== '');
  }
  if (rest !== '') yield rest;
}
