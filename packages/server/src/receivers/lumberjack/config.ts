import { z } from 'zod';
import { listenerApiKey, listenerPort } from '../util/listener-config.ts';

export const lumberjackConfig = z.strictObject({
  tcp: listenerPort('Port for Beats (output.logstash) over TCP; 5044 is the usual one.'),
  tls: listenerPort('Port for Beats (output.logstash) over TLS. Needs `receivers.tls.cert` and `.key`.'),
  apiKey: listenerApiKey('Beats'),
});
