import { expect } from 'vitest';
import type { SampleEvent, SampleReceiver } from '../receiver-samples.ts';

function eventOf({ message, service, host, traceId, labels, attributes }: SampleEvent): string {
  return JSON.stringify({ message, service, host, trace_id: traceId, metadata: { ...labels, ...attributes } });
}

function requestOf(records: readonly string[]): Buffer {
  const data = records.map((record) => ({ data: Buffer.from(record).toString('base64') }));
  return Buffer.from(
    JSON.stringify({ requestId: 'ed4acda5-034f-9f42-bba1-f29aea6d7d8f', timestamp: Date.now(), records: data }),
  );
}

/** A record an event, as PutRecordBatch makes them. */
export const firehoseSamples: SampleReceiver = {
  formats: [
    {
      name: 'json',
      contentType: 'application/json',
      encoding: 'identity',
      encode: (events) => requestOf(events.map(eventOf)),
      encodeMany: (count) => requestOf(['{}\n'.repeat(count)]),
    },
  ],
  // https://docs.aws.amazon.com/firehose/latest/dev/httpdeliveryrequestresponse.html#responseformat
  refusalText: ({ headers, body }) => {
    expect(headers['content-type']).toBe('application/json');
    const answer = JSON.parse(Buffer.from(body).toString()) as Record<string, unknown>;
    expect(answer).toMatchObject({ requestId: expect.any(String), timestamp: expect.any(Number) });
    return String(answer.errorMessage);
  },
  retried: [429, 503],
};
