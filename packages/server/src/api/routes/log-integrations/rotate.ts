import { PermanentError } from '../../../runtime/errors.ts';
import { defineRoute, json } from '../../route.ts';
import { rotationSchema } from '../../wire/log-integrations.ts';

export const rotateSecrets = defineRoute({
  method: 'POST',
  path: '/api/secrets/rotate',
  scope: 'admin',
  resource: null,
  summary: 'Seal the secrets of all orgs again with the newest key. Needs a key that may select orgs',
  answers: { 200: rotationSchema },
  async handle({ deps, identity }) {
    if (!identity.maySelectOrgs) {
      throw new PermanentError('forbidden', 'the secrets are of all orgs: this needs a key that may select orgs');
    }
    const { keyId, madeKey, resealed, failed } = await deps.integrations.rotate();
    return json({
      key_id: keyId,
      made_key: madeKey,
      resealed,
      failed: failed.map(({ orgId, id, reason }) => ({ org_id: orgId, integration_id: id, reason })),
    });
  },
});
