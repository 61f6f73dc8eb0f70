import { eventContractSchema } from '@tailwater/schema/event-contract';
import { getEventContract, setEventContract } from '../../../control/event-contracts.ts';
import { PermanentError } from '../../../runtime/errors.ts';
import { formatMs } from '../../render-event.ts';
import { defineRoute, json } from '../../route.ts';
import { eventContractAnswerSchema } from '../../wire/coverage.ts';

export const getContract = defineRoute({
  method: 'GET',
  path: '/api/event-contract',
  scope: 'query',
  resource: null,
  summary: 'What the org declares that its programs emit',
  answers: { 200: eventContractAnswerSchema },
  async handle({ deps, identity }) {
    const known = await getEventContract(deps.control, identity.orgId);
    if (known === null) throw new PermanentError('not_found', 'the org has set no event contract');
    return json({ set_at: formatMs(known.setAtMs), contract: known.contract });
  },
});

export const setContract = defineRoute({
  method: 'PUT',
  path: '/api/event-contract',
  scope: 'admin',
  resource: null,
  summary: 'Set what the org declares that its programs emit',
  body: eventContractSchema,
  answers: { 200: eventContractAnswerSchema },
  async handle({ deps, identity, body, nowMs }) {
    await setEventContract(deps.control, identity.orgId, body, nowMs);
    return json({ set_at: formatMs(nowMs), contract: body });
  },
});
