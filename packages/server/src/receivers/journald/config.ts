import { z } from 'zod';
import { listenerPort } from '../util/listener-config.ts';

export const journaldConfig = z.strictObject({
  http: listenerPort('One more HTTP port, for systemd-journal-upload, which takes 19532 unless its URL names another.'),
});
