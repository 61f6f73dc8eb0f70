import { expect } from 'vitest';
import type { SampleEvent, SampleFormat, SampleReceiver } from '../receiver-samples.ts';

function itemOf({ message, service, host, traceId, labels = {}, attributes = {} }: SampleEvent) {
  const ddtags = Object.entries(labels).map(([name, value]) => `${name}:${value}`);
  return {
    ...attributes,
    message,
    service,
    hostname: host,
    ...(traceId === undefined ? {} : { dd: { trace_id: traceId } }),
    ...(ddtags.length === 0 ? {} : { ddtags: ddtags.join(',') }),
  };
}

const json: SampleFormat = {
  name: 'json',
  contentType: 'application/json',
  encoding: 'identity',
  encode: (events) => Buffer.from(JSON.stringify(events.map(itemOf))),
  encodeMany: (count) => Buffer.from(`[${Array(count).fill('{"message":"x"}').join(',')}]`),
};

/** As @datadog/browser-logs sends. */
const text: SampleFormat = {
  name: 'text',
  contentType: 'text/plain;charset=UTF-8',
  encoding: 'identity',
  encode: (events) => Buffer.from(events.map((event) => JSON.stringify(itemOf(event))).join('\n')),
  encodeMany: (count) => Buffer.from('x\n'.repeat(count)),
  hidesCuts: true,
};

export const datadogSamples: SampleReceiver = {
  formats: [json, text],
  refusalText: ({ headers, body }) => {
    expect(headers['content-type']).toMatch(/^application\/json\b/);
    const { errors } = JSON.parse(Buffer.from(body).toString()) as { errors: Record<string, unknown>[] };
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatchObject({
      detail: expect.any(String),
      status: expect.any(String),
      title: expect.any(String),
    });
    return String(errors[0]!.detail);
  },
  // https://docs.datadoghq.com/api/latest/logs/#send-logs
  retried: [408, 429, 500, 503],
};
