import { z } from 'zod';
import { hostName, portNumber, tlsFields } from '../util/tcp.ts';

export const FACILITIES = [
  ...(['kern', 'user', 'mail', 'daemon', 'auth', 'syslog', 'lpr', 'news', 'uucp', 'cron', 'authpriv', 'ftp'] as const),
  ...(['ntp', 'audit', 'alert', 'clock', 'local0', 'local1', 'local2', 'local3', 'local4', 'local5'] as const),
  ...(['local6', 'local7'] as const),
] as const;

export const syslogConfig = z.strictObject({
  host: hostName.meta({ description: 'Host of the syslog server.' }),
  port: portNumber.default(601).meta({ description: 'Port; 601 is usual for TCP, 6514 for TLS.' }),
  framing: z.enum(['octet-counted', 'newline']).default('octet-counted').meta({
    description: 'How messages are told apart (RFC 6587). `newline` is for old servers: line feeds become #012.',
  }),
  confirm: z.enum(['close', 'none']).default('close').meta({
    description:
      'Syslog acknowledges nothing. `close`: a connection for each batch, and the server’s closing of it shows that it has read all. `none`: one connection for all; what is under way when it breaks is lost.',
  }),
  facility: z
    .enum(FACILITIES)
    .default('user')
    .meta({ description: 'Facility of events that have no attribute `syslog.facility`.' }),
  enterprise_id: z
    .string()
    .regex(/^\d{1,10}(\.\d{1,10}){0,5}$/)
    .default('32473')
    .meta({ description: 'Private enterprise number in the names of structured data; 32473 is the one for examples.' }),
  message_bytes_max: z.int().min(1024).max(1_000_000).default(8192).meta({
    description: 'Longer messages are cut. rsyslog takes 8 KiB unless it is told otherwise, syslog-ng 64 KiB.',
  }),
  ...tlsFields,
});
export type SyslogConfig = z.output<typeof syslogConfig>;
