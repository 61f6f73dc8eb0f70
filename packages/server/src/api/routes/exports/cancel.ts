import { defineRoute, noContent } from '../../route.ts';
import { exportIdSchema } from './render.ts';

export const cancelExport = defineRoute({
  method: 'DELETE',
  path: '/api/logs/exports/:export_id',
  scope: 'query',
  resource: 'export',
  summary: 'Forget an export, and cut its download',
  params: exportIdSchema,
  answers: { 204: 'It is forgotten.' },
  handle({ deps, identity, params }) {
    deps.exports.cancel(identity.orgId, params.export_id);
    return noContent();
  },
});
