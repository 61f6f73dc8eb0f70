import { expect } from 'vitest';

/** The words of a refusal in the platform's own error shape, which must have a code and a request's id beside them. */
export function platformErrorText({ headers, body }: { headers: Record<string, unknown>; body: string | Uint8Array }) {
  expect(headers['content-type']).toMatch(/^application\/json\b/);
  const { error } = JSON.parse(Buffer.from(body).toString()) as { error: Record<string, unknown> };
  expect(error).toMatchObject({ code: expect.any(String), request_id: expect.any(String) });
  return String(error.message);
}
