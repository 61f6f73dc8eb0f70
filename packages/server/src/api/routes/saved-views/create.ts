import { createSavedView } from '../../../control/saved-views.ts';
import { defineRoute, json } from '../../route.ts';
import { savedViewBodySchema, savedViewSchema } from '../../wire/saved-views.ts';
import { renderView } from './render.ts';
import { requireViewWriter } from './writer.ts';

export const createView = defineRoute({
  method: 'POST',
  path: '/api/saved-views',
  scope: 'query',
  resource: null,
  summary: 'Save a view for everybody of the org; by a key, only with the scope admin',
  body: savedViewBodySchema,
  answers: { 201: savedViewSchema },
  async handle({ deps, identity, body, nowMs }) {
    requireViewWriter(identity);
    return json(renderView(await createSavedView(deps.control, identity.orgId, body, nowMs)), 201);
  },
});
