import { z } from 'zod';
import { listenerApiKey, listenerPort } from '../util/listener-config.ts';

export const gelfConfig = z.strictObject({
  udp: listenerPort('Port for GELF over UDP; 12201 is the usual one.'),
  tcp: listenerPort('Port for GELF over TCP; 12201 is the usual one.'),
  apiKey: listenerApiKey('GELF over UDP and TCP'),
});
