import { listSavedViews } from '../../../control/saved-views.ts';
import { defineRoute, json } from '../../route.ts';
import { savedViewListSchema } from '../../wire/saved-views.ts';
import { renderView } from './render.ts';

export const listViews = defineRoute({
  method: 'GET',
  path: '/api/saved-views',
  scope: 'query',
  resource: null,
  summary: "The org's saved views",
  answers: { 200: savedViewListSchema },
  async handle({ deps, identity }) {
    const views = await listSavedViews(deps.control, identity.orgId);
    return json({ saved_views: views.map(renderView) });
  },
});
