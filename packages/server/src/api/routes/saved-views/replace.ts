import { z } from 'zod';
import { replaceSavedView } from '../../../control/saved-views.ts';
import { defineRoute, json } from '../../route.ts';
import { savedViewBodySchema, savedViewSchema } from '../../wire/saved-views.ts';
import { renderView } from './render.ts';
import { requireViewWriter } from './writer.ts';

export const replaceView = defineRoute({
  method: 'PUT',
  path: '/api/saved-views/:view_id',
  scope: 'query',
  resource: 'saved-view',
  summary: 'Replace a saved view; by a key, only with the scope admin',
  params: z.strictObject({ view_id: z.string() }),
  body: savedViewBodySchema,
  answers: { 200: savedViewSchema },
  async handle({ deps, identity, params, body, nowMs }) {
    requireViewWriter(identity);
    return json(renderView(await replaceSavedView(deps.control, identity.orgId, params.view_id, body, nowMs)));
  },
});
