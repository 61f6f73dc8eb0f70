import type { LookupAddress } from 'node:dns';
import { isIP } from 'node:net';
import { PermanentError } from '../errors.ts';
import { canonicalAddress } from './address.ts';
import type { Lookup } from './lookup.ts';
import type { Goal, Policy, Refusal } from './policy.ts';

/** The only way from a host to addresses: what it answers is what is connected to. */
export interface Guard {
  /** All addresses of the host. Throws `egress_denied` when any of them is denied, and what `lookup` throws. */
  resolve(goal: Goal): Promise<LookupAddress[]>;
  /** For a host that a proxy resolves: addresses and known names are still looked at. */
  checkUnresolved(goal: Goal): void;
}

/** Joins policy and lookup. */
export function createGuard(policy: Policy, lookup: Lookup): Guard {
  const refuse = (goal: Goal, refusal: Refusal) => {
    if (refusal !== null) throw denied(goal, refusal);
  };
  return {
    resolve: async (goal) => {
      const given = isIP(goal.host) === 0 ? await lookup(goal.host) : [{ address: goal.host, family: isIP(goal.host) }];
      if (given.length === 0) throw Object.assign(new Error('no addresses'), { code: 'ENOTFOUND' });
      return given.map(({ address }) => {
        const canonical = canonicalAddress(address);
        if (canonical === null) throw denied(goal, 'address');
        refuse(goal, policy.refusal(goal, canonical));
        return { address: canonical, family: isIP(canonical) };
      });
    },
    checkUnresolved: (goal) => {
      refuse(goal, isIP(goal.host) === 0 ? policy.refusalOfName(goal) : policy.refusal(goal, goal.host));
    },
  };
}

/** Names what the user wrote, never what it resolved to: that would tell the names and addresses of a private network. */
function denied({ host, port }: Goal, refusal: Exclude<Refusal, null>): PermanentError {
  const messages = {
    address: `Tailwater may not connect to ${host}: the address is not allowed. An operator can list it in egress.allow.`,
    port: `Tailwater may not connect to port ${port} of ${host}. An operator can list ${host}:${port} in egress.allow.`,
    plain: `http:// to ${host} would send events and credentials in clear. Use https://, or an operator lists the host in egress.allow.`,
  };
  return new PermanentError('egress_denied', messages[refusal]);
}
