import { expect } from 'vitest';
import type { SampleEvent, SampleReceiver } from '../receiver-samples.ts';

/** In the names of Elastic's common schema. */
function documentOf({ message, service, host, traceId, labels, attributes }: SampleEvent): string {
  return JSON.stringify({
    '@timestamp': new Date().toISOString(),
    message,
    ...(service === undefined ? {} : { 'service.name': service }),
    ...(host === undefined ? {} : { host: { name: host } }),
    ...(traceId === undefined ? {} : { 'trace.id': traceId }),
    ...labels,
    ...attributes,
  });
}

export const elasticsearchSamples: SampleReceiver = {
  formats: [
    {
      name: 'bulk',
      contentType: 'application/x-ndjson',
      encoding: 'identity',
      encode: (events) =>
        Buffer.from(events.map((event) => `{"create":{"_index":"logs-sample"}}\n${documentOf(event)}\n`).join('')),
      encodeMany: (count) => Buffer.from('{"index":{}}\n{}\n'.repeat(count)),
    },
    {
      name: 'document',
      contentType: 'application/json',
      encoding: 'identity',
      encode: (events) => Buffer.from(events.map(documentOf).join('\n')),
      encodeMany: (count) => Buffer.from('{}\n'.repeat(count)),
    },
  ],
  refusalText: ({ headers, body }) => {
    expect(headers['content-type']).toBe('application/json');
    expect(headers['x-elastic-product']).toBe('Elasticsearch');
    const { error, status } = JSON.parse(Buffer.from(body).toString()) as {
      error: Record<string, unknown>;
      status: unknown;
    };
    expect(error).toEqual({
      root_cause: [{ type: error.type, reason: error.reason }],
      type: expect.any(String),
      reason: expect.any(String),
    });
    expect(status).toEqual(expect.any(Number));
    return String(error.reason);
  },
  retried: [429, 502, 503, 504],
};
