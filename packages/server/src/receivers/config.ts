import { z } from 'zod';
import { text } from '../config/values.ts';
import { elasticsearchConfig } from './elasticsearch/config.ts';
import { fileTailConfig } from './file-tail/config.ts';
import { fluentForwardConfig } from './fluent-forward/config.ts';
import { gelfConfig } from './gelf/config.ts';
import { journaldConfig } from './journald/config.ts';
import { lumberjackConfig } from './lumberjack/config.ts';
import { otlpConfig } from './otlp/config.ts';
import { splunkHecConfig } from './splunk-hec/config.ts';
import { syslogConfig } from './syslog/config.ts';

/** Section `receivers` of the configuration: what each receiver can be told, under its id. */
export const receiversConfig = z.strictObject({
  host: text('an IP address or a name')
    .optional()
    .describe('Address that the receivers’ own ports listen on. Without it `http.host`.'),
  tls: z.strictObject({
    cert: text('a path').optional().describe('PEM file with the certificate chain of the receivers’ TLS ports.'),
    key: text('a path').optional().describe('PEM file with the private key of that certificate.'),
    clientCa: text('a path')
      .optional()
      .describe(
        'PEM file with the authorities whose client certificates the TLS ports ask for. Without it they ask for none.',
      ),
  }),
  elasticsearch: elasticsearchConfig,
  'file-tail': fileTailConfig,
  'fluent-forward': fluentForwardConfig,
  gelf: gelfConfig,
  journald: journaldConfig,
  lumberjack: lumberjackConfig,
  otlp: otlpConfig,
  'splunk-hec': splunkHecConfig,
  syslog: syslogConfig,
});

export type ReceiversConfig = z.output<typeof receiversConfig>;
