import { expect } from 'vitest';
import type { SampleReceiver } from '../receiver-samples.ts';

export const gelfSamples: SampleReceiver = {
  formats: [
    {
      name: 'json',
      contentType: 'application/json',
      encoding: 'identity',
      encode: (events) =>
        Buffer.from(
          events
            .map(({ message, service, host = 'box', traceId, attributes, labels }) => {
              const custom = { service, trace_id: traceId, ...labels, ...attributes };
              const named = Object.entries(custom).map(([name, value]) => [`_${name}`, value]);
              return JSON.stringify({ version: '1.1', host, short_message: message, ...Object.fromEntries(named) });
            })
            .join('\n'),
        ),
      encodeMany: (count) => Buffer.from('{"short_message":"x"}\n'.repeat(count)),
    },
  ],
  refusalText: ({ headers, body }) => {
    expect(headers['content-type']).toMatch(/^application\/json\b/);
    const { error } = JSON.parse(Buffer.from(body).toString()) as { error: { code: unknown; message: unknown } };
    expect(error).toMatchObject({ code: expect.any(String), message: expect.any(String) });
    return String(error.message);
  },
  // No client of GELF over HTTP sends again by itself but Fluent Bit, which does on these.
  retried: [429, 500, 502, 503, 504],
};
