import { z } from 'zod';

/** Where a key differs from the rule "flag, environment and file alike". */
export interface KeyRule {
  /** Environment names that others use for the same thing; the TAILWATER_ name wins over them. */
  environmentAliases?: readonly string[];
  /** False where other users of the machine must not see the value: they can read the arguments of its processes. */
  flag?: boolean;
  /** False for what only makes sense outside the file. */
  file?: boolean;
}

export const keyRules = z.registry<KeyRule>();
