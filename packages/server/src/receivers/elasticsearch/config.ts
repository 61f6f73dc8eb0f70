import { z } from 'zod';
import { listenerPort } from '../util/listener-config.ts';

export const elasticsearchConfig = z.strictObject({
  http: listenerPort(
    'One more HTTP port, for Elasticsearch’s clients whose port cannot be changed; 9200 is the usual one.',
  ),
});
