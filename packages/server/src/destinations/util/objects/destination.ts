import type { Destination } from '../../destination.ts';
import { adviceOfRefusal } from '../refusal.ts';
import { runStep } from '../test-steps.ts';
import type { ObjectConfig } from './config.ts';
import { objectsOf, type StoredObject, testObject } from './objects.ts';

/** A bucket or container, as far as events need one. */
export interface ObjectStore {
  /** Gets a token or checks that the secrets can be used. Answers what was done, for the user. */
  authenticate(signal: AbortSignal): Promise<string>;
  /**
   * Resolves with the answer's status when the object is there. One that has its name already is the same one, from a try
   * whose answer was lost.
   */
  put(object: StoredObject, signal: AbortSignal): Promise<string>;
}

/** A destination that keeps each batch as an object by hour. All of a batch is put, or the whole batch comes again. */
export function openObjects(store: ObjectStore, config: ObjectConfig): Destination {
  return {
    async deliver(batch, signal) {
      let bytesSent = 0;
      let status = '';
      for await (const object of objectsOf(batch, config)) {
        status = await store.put(object, signal);
        bytesSent += object.body.length;
      }
      return { rejected: [], again: [], bytesSent, status };
    },
    async test(marked, report, signal) {
      const run = { report, signal, advise: adviceOfRefusal };
      if (!(await runStep('credentials', run, () => store.authenticate(signal)))) return;
      await runStep('event', run, async () => {
        const object = await testObject(marked, config);
        const status = await store.put(object, signal);
        return `Put the marked event as ${object.key} (${object.body.length} bytes), answered ${status}.`;
      });
    },
    close: async () => {},
  };
}
