import { expect } from 'vitest';
import type { SampleEvent, SampleReceiver } from '../receiver-samples.ts';

/** As journald itself does it: values with bytes below a space are written with their size. */
function fieldOf([name, value]: [string, string | undefined]): Buffer[] {
  if (value === undefined) return [];
  const bytes = Buffer.from(value);
  if (!bytes.some((byte) => byte < 0x20 && byte !== 0x09)) return [Buffer.from(`${name}=${value}\n`)];
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(bytes.length));
  return [Buffer.from(`${name}\n`), size, bytes, Buffer.from('\n')];
}

function exportOf({ message, service, host, traceId, labels, attributes }: SampleEvent): Buffer {
  const fields = {
    MESSAGE: message,
    SYSLOG_IDENTIFIER: service,
    _HOSTNAME: host,
    TRACE_ID: traceId,
    ...labels,
    ...attributes,
  };
  return Buffer.concat([...Object.entries(fields).flatMap(fieldOf), Buffer.from('\n')]);
}

export const journaldSamples: SampleReceiver = {
  formats: [
    {
      name: 'export',
      saysLess: true,
      contentType: 'application/vnd.fdo.journal',
      encoding: 'identity',
      encode: (events) => Buffer.concat(events.map(exportOf)),
      encodeMany: (count) => Buffer.from('MESSAGE=\n\n'.repeat(count)),
    },
  ],
  refusalText: ({ headers, body }) => {
    expect(headers['content-type']).toMatch(/^text\/plain\b/);
    return Buffer.from(body).toString().trimEnd();
  },
  retried: [429, 503],
};
