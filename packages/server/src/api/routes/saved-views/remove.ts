import { z } from 'zod';
import { removeSavedView } from '../../../control/saved-views.ts';
import { defineRoute, noContent } from '../../route.ts';
import { requireViewWriter } from './writer.ts';

export const removeView = defineRoute({
  method: 'DELETE',
  path: '/api/saved-views/:view_id',
  scope: 'query',
  resource: 'saved-view',
  summary: 'Remove a saved view; by a key, only with the scope admin',
  params: z.strictObject({ view_id: z.string() }),
  answers: { 204: 'It is removed.' },
  async handle({ deps, identity, params }) {
    requireViewWriter(identity);
    await removeSavedView(deps.control, identity.orgId, params.view_id);
    return noContent();
  },
});
