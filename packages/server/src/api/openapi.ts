import swagger from '@fastify/swagger';
import { ERROR_CODES, type ErrorCode } from '@tailwater/schema';
import type { FastifyInstance, FastifySchema } from 'fastify';
import { createJsonSchemaTransform, createJsonSchemaTransformObject } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { ApiRoute } from './route.ts';
import { isLokiPath } from './routes/loki/paths.ts';
import { errorSchema } from './wire/error.ts';

/** Registers the generator of /api/openapi.json. Routes that follow are in it. */
export function registerOpenApi(app: FastifyInstance): void {
  app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Tailwater',
        version: '1',
        description: 'Find, read and count events; manage orgs and API keys. docs/reference/search.md has the filters.',
      },
      components: {
        securitySchemes: {
          bearer: { type: 'http', scheme: 'bearer', description: 'An API key.' },
          apiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
          basic: { type: 'http', scheme: 'basic', description: 'The API key as password, any user.' },
          session: {
            type: 'apiKey',
            in: 'cookie',
            name: 'tailwater_session',
            description: 'Of the web UI, from its own pages only. Over https its name begins with `__Host-`.',
          },
        },
      },
    },
    transform: createJsonSchemaTransform({}),
    transformObject: createJsonSchemaTransformObject({}),
  });
}

/** What fastify checks (querystring, params, body) and what the document tells. */
export function routeSchema(route: ApiRoute): FastifySchema {
  const { query, params, body, answers, summary, scope } = route;
  const described: Record<number | string, unknown> = {};
  for (const [status, answer] of Object.entries(answers)) {
    described[status] = typeof answer === 'string' ? z.string().meta({ description: answer }) : answer;
  }
  const error = isLokiPath(route.path) ? z.string().meta({ description: 'Why, as plain text.' }) : errorSchema;
  for (const status of errorStatuses(route)) described[status] ??= error;
  return {
    ...(query && { querystring: query }),
    ...(params && { params }),
    ...(body && { body }),
    response: described,
    summary,
    description: scope === 'public' ? 'Needs no API key.' : `Needs the scope \`${scope}\`.`,
    ...(scope === 'public' ? {} : { security: [{ bearer: [] }, { apiKey: [] }, { basic: [] }, { session: [] }] }),
  } as FastifySchema;
}

function errorStatuses({ scope, query, params, body }: ApiRoute): number[] {
  const codes: ErrorCode[] = ['internal'];
  if (query || body) codes.push('invalid_parameter');
  if (params) codes.push('not_found');
  if (body) codes.push('unsupported_media_type', 'payload_too_large');
  if (scope !== 'public') codes.push('unauthenticated', 'forbidden', 'store_unavailable');
  return [...new Set(codes.map((code) => ERROR_CODES[code].status))];
}
