import { z } from 'zod';
import { listenerApiKey, listenerPort } from '../util/listener-config.ts';

export const syslogConfig = z.strictObject({
  udp: listenerPort('Port for syslog over UDP; 514 is the usual one.'),
  tcp: listenerPort('Port for syslog over TCP; 514 or 601 are usual.'),
  tls: listenerPort('Port for syslog over TLS; 6514 is the usual one. Needs `receivers.tls.cert` and `.key`.'),
  apiKey: listenerApiKey('syslog messages that carry none themselves'),
});
