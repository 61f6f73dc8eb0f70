import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Identity } from '../control/scopes.ts';
import { PermanentError } from '../runtime/errors.ts';
import { authorize } from './authorize.ts';
import type { ApiDeps } from './deps.ts';
import { errorAnswer } from './errors.ts';
import { registerOpenApi, routeSchema } from './openapi.ts';
import { parseQueryString } from './query-string.ts';
import type { Answer, ApiRoute } from './route.ts';
import { apiRoutes } from './routes/index.ts';
import { isLokiPath } from './routes/loki/paths.ts';
import { plainError } from './routes/loki/plain-error.ts';
import { prepareLokiScope } from './routes/loki/scope.ts';
import { validatorCompiler } from './validate.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Set before the handler runs; null on public routes. */
    identity: Identity | null;
  }
}

/** Bodies of this API are settings of orgs and keys. Events come in through the receivers. */
const BODY_BYTES_MAX = 256 << 10;
/** A path parameter may be an attribute's name, percent-encoded. */
const PARAMETER_CHARACTERS_MAX = 4 << 10;
const REQUEST_ID = /^[\w.:-]{1,128}$/;

/**
 * The REST API. It answers every path, unknown ones with 404: mount it behind the receivers, by `deps.serverFactory` or
 * by handing requests to `(await buildApi(deps)).routing(request, response)`. `more` are routes that need parts of the
 * server which the others do not: live tail's.
 */
export async function buildApi(deps: ApiDeps, more: readonly ApiRoute[] = []): Promise<FastifyInstance> {
  const routes = [...apiRoutes, ...more];
  const app = Fastify({
    logger: false,
    genReqId,
    bodyLimit: BODY_BYTES_MAX,
    exposeHeadRoutes: false,
    routerOptions: { querystringParser: parseQueryString, maxParamLength: PARAMETER_CHARACTERS_MAX },
    frameworkErrors: (error, request, reply) => sendError(deps, error, request, reply),
    ...(deps.serverFactory === undefined ? {} : { serverFactory: deps.serverFactory }),
  });
  // Bodies are JSON; fastify would take text/plain as well.
  app.removeContentTypeParser('text/plain');
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(() => (value) => JSON.stringify(value));
  app.decorateRequest('identity', null);
  app.addHook('onRequest', async (request, reply) => {
    reply.headers({ 'x-request-id': request.id, 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
    // Here and not in a not-found handler: fastify would parse the body first and refuse that.
    if (request.is404) refusePath([...routes, ...(deps.answeredBefore ?? [])], request, reply);
  });
  app.setErrorHandler((error, request, reply) => sendError(deps, error, request, reply));
  registerOpenApi(app);
  await app.after();
  const isLoki = ({ path }: ApiRoute) => isLokiPath(path);
  for (const route of routes.filter((route) => !isLoki(route))) registerRoute(app, deps, route);
  app.register(async (scope) => {
    prepareLokiScope(scope);
    for (const route of routes.filter(isLoki)) registerRoute(scope, deps, route);
  });
  await app.ready();
  return app;
}

/** An id the client sent, if it is harmless to print, otherwise a new one. */
function genReqId(request: IncomingMessage): string {
  const sent = request.headers['x-request-id'];
  return typeof sent === 'string' && REQUEST_ID.test(sent) ? sent : randomUUID();
}

function registerRoute(app: FastifyInstance, deps: ApiDeps, route: ApiRoute): void {
  const { method, path } = route;
  app.route({
    method,
    url: path,
    schema: routeSchema(route),
    // Load balancers ask these with HEAD.
    exposeHeadRoute: route.scope === 'public' && method === 'GET',
    onRequest: async (request) => {
      request.identity = await authorize(deps, route.scope, request.raw);
    },
    handler: (request, reply) => handle(deps, route, request, reply),
  });
}

async function handle(deps: ApiDeps, route: ApiRoute, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  const gone = new AbortController();
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) gone.abort();
  });
  const answer = await route.handle({
    deps,
    identity: request.identity ?? NOBODY,
    query: request.query as undefined,
    params: request.params as undefined,
    body: request.body as undefined,
    signal: gone.signal,
    nowMs: (deps.nowMs ?? Date.now)(),
    request,
    reply,
  });
  return send(answer, reply);
}

/** On public routes: may do nothing and owns nothing. */
const NOBODY: Identity = Object.freeze({
  orgId: '',
  keyId: null,
  scopes: new Set<never>(),
  maySelectOrgs: false,
  browserOrigins: null,
});

function send(answer: Answer, reply: FastifyReply): FastifyReply {
  if (answer.kind === 'written') return reply;
  reply.code(answer.status);
  if (answer.kind === 'json') return reply.type('application/json; charset=utf-8').send(JSON.stringify(answer.body));
  reply.headers(answer.headers ?? {});
  if (answer.contentType !== '') reply.type(answer.contentType);
  if (answer.kind === 'bytes') return reply.send(answer.bytes);
  return answer.text === '' ? reply.send() : reply.send(answer.text);
}

function sendError(deps: ApiDeps, error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const answer = errorAnswer(error, request.id);
  const { status, headers, body, isFault } = answer;
  // Nobody is left to be told, and a query that was ended for that reason is no fault.
  if (isFault && !reply.raw.destroyed) deps.onFault(error, request.id);
  reply.header('x-request-id', request.id);
  if (isLokiPath(request.url)) {
    const plain = plainError(answer);
    return reply.code(plain.status).headers(plain.headers).send(plain.text);
  }
  reply.headers(headers);
  return reply.code(status).type('application/json; charset=utf-8').send(JSON.stringify(body));
}

/** 405 with Allow where the path exists with another method, otherwise 404. */
function refusePath(
  routes: readonly { method: string; path: string }[],
  request: FastifyRequest,
  reply: FastifyReply,
): never {
  const path = request.url.split('?', 1)[0]!;
  const methods = routes.filter((route) => pathPattern(route.path).test(path)).map(({ method }) => method);
  if (methods.length === 0) {
    const message = isLokiPath(path) ? '404 page not found' : `there is no path ${path.slice(0, 200)}`;
    throw new PermanentError('not_found', message);
  }
  const allowed = [...new Set(methods)].join(', ');
  reply.header('allow', allowed);
  throw new PermanentError('method_not_allowed', `this path answers ${allowed}`);
}

function pathPattern(path: string): RegExp {
  return new RegExp(`^${path.replace(/[.]/g, '\\.').replace(/:\w+/g, '[^/]+')}$`);
}
