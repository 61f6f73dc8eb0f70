import { HTTP_PROTOCOLS } from './http.ts';
import { LISTENER_PROTOCOLS } from './listeners.ts';
import type { Protocol } from './protocol.ts';

export const PROTOCOLS: readonly Protocol[] = [...HTTP_PROTOCOLS, ...LISTENER_PROTOCOLS];

/** Those whose name is one of `names` or begins with one and a dash; all without any. @throws Error for an unknown name. */
export function chosenProtocols(names: readonly string[]): Protocol[] {
  const matches = (protocol: Protocol, name: string) => protocol.name === name || protocol.name.startsWith(`${name}-`);
  for (const name of names) {
    if (PROTOCOLS.some((protocol) => matches(protocol, name))) continue;
    throw new Error(`no protocol ${name}; there are: ${PROTOCOLS.map((each) => each.name).join(', ')}`);
  }
  return PROTOCOLS.filter((protocol) => names.length === 0 || names.some((name) => matches(protocol, name)));
}
