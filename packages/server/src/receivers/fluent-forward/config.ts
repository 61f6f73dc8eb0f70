import { z } from 'zod';
import { text } from '../../config/values.ts';
import { listenerApiKey, listenerPort } from '../util/listener-config.ts';

export const fluentForwardConfig = z.strictObject({
  tcp: listenerPort('Port for Fluentd’s forward protocol over TCP; 24224 is the usual one.'),
  tls: listenerPort('Port for Fluentd’s forward protocol over TLS. Needs `receivers.tls.cert` and `.key`.'),
  apiKey: listenerApiKey('the forward protocol'),
  sharedKey: text('text', /\S/, { secret: true })
    .optional()
    .describe('Shared key of the forward protocol’s handshake. Without it no handshake is asked for.'),
});
