import { portOrOff, text } from '../../config/values.ts';

/** A port of a receiver's own, closed unless the operator opens it. */
export function listenerPort(description: string) {
  return portOrOff().default('off').describe(description);
}

/** The key whose org takes what comes in on ports whose protocol carries no key. */
export function listenerApiKey(of: string) {
  return text('an API key', /^\S+$/, { secret: true })
    .optional()
    .describe(
      `API key for ${of}: its org takes the events. Without one only peers on this machine are taken, and only in open mode.`,
    );
}
