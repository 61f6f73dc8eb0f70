import { defineRoute, json } from '../../route.ts';

export const openApi = defineRoute({
  method: 'GET',
  path: '/api/openapi.json',
  scope: 'public',
  resource: null,
  summary: 'This document',
  answers: { 200: 'An OpenAPI 3.1 document.' },
  handle: ({ request }) => json(request.server.swagger()),
});
