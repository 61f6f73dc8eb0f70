import type { SecretKind } from './names.ts';
import { isPlaceholder } from './placeholders.ts';

/** The name, numbered when it is taken: two mailboxes as names must not become one. */
export function freeName(name: string, isTaken: (name: string) => boolean): string {
  let free = name;
  for (let n = 2; isTaken(free); n++) free = `${name}#${n}`;
  return free;
}

/**
 * Whether the value of an attribute whose name announces a secret is one. Numbers and flags under the wider names are
 * counts and settings (`token: 12`), unless they are long.
 */
export function isSecretValue(kind: SecretKind, value: string, isNumber: boolean): boolean {
  if (kind === 'none' || isPlaceholder(value)) return false;
  return kind === 'password' || !isNumber || value.length >= 6;
}
