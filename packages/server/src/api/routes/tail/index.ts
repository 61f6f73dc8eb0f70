import { type Answer, type ApiRoute, defineRoute, WRITTEN } from '../../route.ts';
import { tailParameters, tailQuestionOf } from './question.ts';
import { checkAccept, sseSink } from './sse.ts';
import { openTail, type TailDeps } from './stream.ts';
import type { UpgradeHandler } from './upgrade.ts';
import { webSocketHandler } from './web-socket.ts';

export type { TailDeps } from './stream.ts';

export const TAIL_PATH = '/api/logs/tail';

export interface Tail {
  /** Server-sent events. */
  route: ApiRoute;
  /** WebSockets; for the HTTP server's `upgrade` event. */
  onUpgrade: UpgradeHandler;
}

/** Live tail over HTTP. Its streams end when `deps.liveTail` is closed. */
export function createTail(deps: TailDeps): Tail {
  const route = defineRoute({
    method: 'GET',
    path: TAIL_PATH,
    scope: 'query',
    resource: null,
    summary: 'Watch events as they come: server-sent events, or a WebSocket',
    query: tailParameters,
    answers: { 200: 'text/event-stream; docs/reference/tail.md describes its events.' },
    async handle({ identity, query, signal, nowMs, request, reply }): Promise<Answer> {
      checkAccept(request.headers.accept);
      const lastEventId = request.headers['last-event-id'];
      const question = tailQuestionOf(query, lastEventId?.toString(), { node: deps.node, nowMs });
      const credentials = { headers: request.headers, remoteAddress: request.raw.socket.remoteAddress };
      const tail = await openTail(deps, { orgId: identity.orgId, credentials, question, signal });
      reply.hijack();
      await tail.run(sseSink(reply.raw, reply.getHeaders() as Record<string, string>));
      return WRITTEN;
    },
  });
  return { route, onUpgrade: webSocketHandler(deps, TAIL_PATH) };
}
