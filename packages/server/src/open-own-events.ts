import type { Admission } from './admission/admission.ts';
import type { IntegrationStatus } from './consumers/destination-sender/sender.ts';
import type { LaneReport } from './consumers/destination-sender/wire.ts';
import { expandScopes, type Identity } from './control/scopes.ts';
import { OPERATOR_GRANT } from './control/sign-in-links.ts';
import { routeDecoder } from './receivers/registry.ts';
import type { SubmitOwnEvents } from './runtime/own-events.ts';
import type { OwnLog } from './runtime/own-log.ts';

/** What their events name as receiver. */
export const OWN_RECEIVER = 'tailwater';

const { orgId, scopes } = OPERATOR_GRANT;
const OWN_IDENTITY: Identity = {
  ...{ orgId, keyId: null, scopes: expandScopes(scopes), maySelectOrgs: false, browserOrigins: null },
};

/** Sends the server's own messages as anybody's: through quotas, redaction and the journal, into the operator's org. */
export function ownEventsInto(admission: Admission): SubmitOwnEvents {
  const decoder = routeDecoder({ method: 'POST', path: '/api/logs' });
  return async (body) => {
    const sender = await admission.senderOf(OWN_IDENTITY);
    const request = { format: 'json', query: '', params: {}, receivedAtMs: Date.now() };
    await admission.submit(sender, { decoder, receiver: OWN_RECEIVER, body, encodings: ['identity'], request });
  };
}

type State = IntegrationStatus['state'];

const TOLD: Record<State, 'fails' | 'waits' | 'ended' | null> = {
  idle: null,
  delivering: null,
  retrying: 'fails',
  paused: 'waits',
  disabled: 'ended',
};
/** Between two messages of one integration: its own messages may be among what a destination is sent. */
const TELL_INTERVAL_MS = 60_000;

/** Tells of integrations that begin to fail, and of those that deliver again. Why is for who may see them. */
export function createStateLog(
  log: Pick<OwnLog, 'info' | 'warn'>,
  nowMs: () => number = Date.now,
): (reports: readonly Pick<LaneReport, 'id' | 'type' | 'status'>[]) => void {
  const told = new Map<string, { state: (typeof TOLD)[State]; atMs: number }>();
  return (reports) => {
    for (const { id, type, status } of reports) {
      const state = TOLD[status.state];
      const before = told.get(id) ?? { state: null, atMs: Number.NEGATIVE_INFINITY };
      if (state === before.state || nowMs() - before.atMs < TELL_INTERVAL_MS) continue;
      told.set(id, { state, atMs: nowMs() });
      const details = { integration: id, type, state: status.state };
      if (state === null) log.info(details, `integration ${id} delivers again`);
      else log.warn(details, `integration ${id} ${MESSAGES[state]}`);
    }
    const ids = new Set(reports.map(({ id }) => id));
    for (const id of told.keys()) if (!ids.has(id)) told.delete(id);
  };
}

const MESSAGES = {
  fails: 'cannot deliver: its events wait and are sent again',
  waits: 'is paused: its destination refuses the credentials or the settings',
  ended: 'was disabled: its destination wants nothing more, or its journal limit was reached',
};
