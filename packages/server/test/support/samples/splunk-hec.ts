import { expect } from 'vitest';
import type { SampleEvent, SampleFormat, SampleReceiver } from '../receiver-samples.ts';

const envelopeOf = ({ message, service, host, traceId, labels, attributes }: SampleEvent) => ({
  host,
  event: message,
  fields: { ...labels, ...attributes, ...(service && { service }), ...(traceId && { trace_id: traceId }) },
});

/** As splunk-logging sends: its type is wrong, and nothing stands between the objects. */
const event: SampleFormat = {
  name: 'event',
  contentType: 'application/x-www-form-urlencoded',
  encoding: 'identity',
  paths: /^(?!.*\/raw)/,
  encode: (events) => Buffer.from(events.map((each) => JSON.stringify(envelopeOf(each))).join('')),
  encodeMany: (count) => Buffer.from('{"event":"x"}'.repeat(count)),
};

const raw: SampleFormat = {
  name: 'raw',
  saysLess: true,
  contentType: 'text/plain',
  encoding: 'identity',
  paths: /\/raw/,
  encode: (events) => Buffer.from(events.map(({ message }) => `${message}\n`).join('')),
  encodeMany: (count) => Buffer.from('x\n'.repeat(count)),
  hidesCuts: true,
};

export const splunkHecSamples: SampleReceiver = {
  formats: [event, raw],
  refusalText: ({ headers, body }) => {
    expect(headers['content-type']).toMatch(/^application\/json\b/);
    const answer = JSON.parse(Buffer.from(body).toString()) as Record<string, unknown>;
    expect(answer).toMatchObject({ text: expect.any(String), code: expect.any(Number) });
    return String(answer.message);
  },
  retried: [429, 500, 503],
};
