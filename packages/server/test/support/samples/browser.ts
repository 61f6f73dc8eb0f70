import type { SampleEvent, SampleReceiver } from '../receiver-samples.ts';
import { platformErrorText } from './platform-error.ts';

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
  refusalText: platformErrorText,
  retried: [429, 503, 507],
};
