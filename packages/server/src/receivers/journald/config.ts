import { z } from 'zod';
import { listenerPort } from '../util/listener-config.ts';

export const journaldConfig = z.strictObject({
  http: listenerPort(
    'One more HTTP port, for systemd-journal-upload whose port cannot be changed; 19532 is the usual one.',
  ),
});
