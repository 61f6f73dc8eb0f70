import { defineRoute, json } from '../../route.ts';

export const openApi = defineRoute({
  method: 'GET',
  path: '/api/openapi.json',
  scope: 'public',
  resource: null,
  summary: 'This document',
  answers: { 200: 'An OpenAPI 3.1 document.' },
  handle: ({ deps, request }) => {
    const document = request.server.swagger();
    const paths: Record<string, object | undefined> = { ...document.paths };
    // The ways in: one path may be both, such as /api/logs.
    for (const [path, operations] of Object.entries(deps.describedBefore ?? {})) {
      paths[path] = { ...paths[path], ...operations };
    }
    return json({ ...document, paths });
  },
});
