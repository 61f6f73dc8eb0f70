import { expect } from 'vitest';
import type { SampleEvent, SampleReceiver } from '../receiver-samples.ts';

function lineOf({ message, service, host, traceId, labels, attributes }: SampleEvent): string {
  return JSON.stringify({ message, service, host, trace_id: traceId, metadata: { ...labels, ...attributes } });
}

/** As `navigator.sendBeacon` sends a string. */
export const browserSamples: SampleReceiver = {
  formats: [
    {
      name: 'json',
      contentType: 'text/plain;charset=UTF-8',
      encoding: 'identity',
      encode: (events) => Buffer.from(events.map(lineOf).join('\n')),
      encodeMany: (count) => Buffer.from('{}\n'.repeat(count)),
    },
  ],
  refusalText: ({ headers, body }) => {
    expect(headers['content-type']).toMatch(/^application\/json\b/);
    const { error } = JSON.parse(Buffer.from(body).toString()) as { error: Record<string, unknown> };
    expect(error).toMatchObject({ code: expect.any(String), request_id: expect.any(String) });
    return String(error.message);
  },
  retried: [429, 503, 507],
};
