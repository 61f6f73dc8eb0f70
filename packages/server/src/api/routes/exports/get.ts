import { defineRoute, json } from '../../route.ts';
import { exportSchema } from '../../wire/exports.ts';
import { exportIdSchema, renderExport } from './render.ts';

export const getExport = defineRoute({
  method: 'GET',
  path: '/api/logs/exports/:export_id',
  scope: 'query',
  resource: 'export',
  summary: 'How far the download of an export is',
  params: exportIdSchema,
  answers: { 200: exportSchema },
  handle: ({ deps, identity, params }) => json(renderExport(deps.exports.get(identity.orgId, params.export_id))),
});
