import { PermanentError } from '../../runtime/errors.ts';

/** Of an origin as a message shows it: no real one is longer. */
const ORIGIN_CHARACTERS_MAX = 256;

/** Whether the origin is one that the browser key lists. @throws PermanentError `origin_refused`, which names it. */
export function checkOrigin(listed: readonly string[], origin: string | undefined): void {
  if (origin !== undefined && listed.includes(origin)) return;
  const message =
    origin === undefined
      ? 'a browser key needs an Origin header, which browsers send by themselves: this request has none'
      : `this browser key does not list the origin ${origin.slice(0, ORIGIN_CHARACTERS_MAX)}: scheme, host and port must be the same`;
  throw new PermanentError('origin_refused', message, 'Origin');
}
