import { z } from 'zod';
import { listenerPort } from '../util/listener-config.ts';

export const splunkHecConfig = z.strictObject({
  http: listenerPort(
    'One more HTTP port, for Splunk’s HTTP Event Collector whose port cannot be changed; 8088 is the usual one.',
  ),
});
