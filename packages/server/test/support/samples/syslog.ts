import type { SampleReceiver } from '../receiver-samples.ts';

/** Syslog has no routes: its tests are decode.test.ts and those of its listeners. */
export const syslogSamples: SampleReceiver = {
  formats: [],
  refusalText: () => '',
  retried: [],
};
