import type { Tailwater } from '../types.ts';
import { type NodeRequest, type NodeResponse, openScope, scopeOf } from './node-http.ts';
import type { RequestOptions } from './request-scope.ts';

/** As much of Fastify as is needed here. */
export interface FastifyRequestLike {
  raw: NodeRequest;
  is404: boolean;
  routeOptions: { url?: string | undefined };
}
export interface FastifyReplyLike {
  raw: NodeResponse;
}
type Done = () => void;
export interface FastifyLike<Request> {
  addHook(
    name: 'onRequest' | 'preHandler',
    hook: (request: Request, reply: FastifyReplyLike, done: Done) => void,
  ): unknown;
  addHook(
    name: 'onError',
    hook: (request: Request, reply: FastifyReplyLike, error: Error, done: Done) => void,
  ): unknown;
}

export interface TailwaterFastifyOptions<Request = FastifyRequestLike> extends RequestOptions<Request> {
  tailwater: Tailwater;
}

/** Plugin for Fastify 4 and 5, for the instance that it is registered with and all inside. Goes before all others. */
export function tailwaterFastify<Request extends FastifyRequestLike>(
  instance: FastifyLike<Request>,
  options: TailwaterFastifyOptions<Request>,
  done: Done,
): void {
  const { tailwater } = options;
  instance.addHook('onRequest', (request, reply, next) => {
    const route = () => (request.is404 ? undefined : request.routeOptions.url);
    const scope = openScope(tailwater, options, { request, incoming: request.raw, outgoing: reply.raw, route });
    scope.run(next);
  });
  // A body that was read brings us here out of the socket's context; hooks before this one may have found the user.
  instance.addHook('preHandler', (request, _reply, next) => {
    const scope = scopeOf(request.raw);
    if (scope === undefined) next();
    else scope.runAsUser(next);
  });
  instance.addHook('onError', (request, _reply, error, next) => {
    scopeOf(request.raw)?.note(error);
    next();
  });
  done();
}

/** What `fastify-plugin` does: https://fastify.dev/docs/latest/Reference/Plugins/#handle-the-scope */
Object.assign(tailwaterFastify, {
  [Symbol.for('skip-override')]: true,
  [Symbol.for('fastify.display-name')]: '@tailwater/sdk',
  [Symbol.for('plugin-meta')]: { name: '@tailwater/sdk', fastify: '>=4' },
});
