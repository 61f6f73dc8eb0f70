import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { TailChunk } from '../../../consumers/live-tail/live-tail.ts';
import type { ApiCredentials } from '../../../control/authenticator.ts';
import { logqlSettingsOf } from '../../../control/logql-settings.ts';
import type { OrgCache } from '../../../control/org-cache.ts';
import { requireScope } from '../../../control/scopes.ts';
import type { AnswerLine } from '../../../query/logql/encode.ts';
import { RetryableError } from '../../../runtime/errors.ts';
import { errorAnswer } from '../../errors.ts';
import { openAtSeam } from '../tail/seam.ts';
import { checkKey, RECHECK_INTERVAL_MS, type TailDeps, type TailGoodbye } from '../tail/stream.ts';
import {
  refuseUpgrade,
  requestIdOf,
  type UpgradeHandler,
  webSocketServer,
  withOfferedHeaders,
} from '../tail/upgrade.ts';
import { checkOneOrg } from './headers.ts';
import { plainError } from './plain-error.ts';
import { TailDelay } from './tail-delay.ts';
import { type DroppedEntry, droppedEntry, TailLines, tailFrames } from './tail-lines.ts';
import { type LokiTailQuestion, lokiTailQuestion } from './tail-question.ts';
import { replay } from './tail-replay.ts';
import { TailSocket } from './tail-socket.ts';

export const LOKI_TAIL_PATH = '/loki/api/v1/tail';

/** As Loki: later ones are not told. */
const DROPPED_ENTRIES_MAX = 1000;

export interface LokiTailDeps extends TailDeps {
  orgs: OrgCache;
}

interface LokiTailRequest {
  orgId: string;
  credentials: ApiCredentials;
  question: LokiTailQuestion;
  requestId: string;
}

/**
 * Loki's live tail, for the HTTP server's `upgrade` event. What is wrong with a request is told before the handshake, as
 * plain text; what goes wrong later in the reason of the close frame.
 * https://grafana.com/docs/loki/latest/reference/loki-http-api/#stream-logs
 */
export function lokiTailHandler(deps: LokiTailDeps): UpgradeHandler {
  const server = webSocketServer();
  const tails = new TailCounter();
  return (request, socket, head) => {
    const requestId = requestIdOf(request.headers);
    // Until the handshake the socket has no other listener, and an error without one ends the process.
    const onError = () => socket.destroy();
    socket.on('error', onError);
    read(deps, request, requestId).then(
      (asked) => {
        if (socket.destroyed) return;
        server.handleUpgrade(request, socket, head, (webSocket) => {
          socket.off('error', onError);
          void run(deps, asked, new TailSocket(webSocket, socket), tails);
        });
      },
      (error: unknown) => {
        if (!socket.destroyed) refuse(deps, socket, error, requestId);
      },
    );
  };
}

async function read(deps: LokiTailDeps, request: IncomingMessage, requestId: string): Promise<LokiTailRequest> {
  const url = request.url ?? '/';
  const mark = url.indexOf('?');
  checkOneOrg(request.headers);
  const headers = withOfferedHeaders(request.headers);
  const credentials = { headers, remoteAddress: request.socket.remoteAddress, changes: true };
  const identity = await deps.authenticate(credentials);
  requireScope(identity, 'query');
  const { orgId } = identity;
  const settings = await logqlSettingsOf(deps.orgs, orgId);
  const search = mark < 0 ? '' : url.slice(mark + 1);
  const nowMs = (deps.nowMs ?? Date.now)();
  return { orgId, credentials, question: lokiTailQuestion({ search, headers, settings, nowMs }), requestId };
}

function refuse({ onFault }: LokiTailDeps, socket: Duplex, error: unknown, requestId: string): void {
  const answer = errorAnswer(error, requestId);
  if (answer.isFault) onFault(error, requestId);
  const { status, headers, text } = plainError(answer);
  refuseUpgrade(socket, status, { ...headers, 'x-content-type-options': 'nosniff', 'x-request-id': requestId }, text);
}

/** Tails by org. */
class TailCounter {
  private readonly open = new Map<string, number>();

  /** Null when there was room, else Loki's words for that there was none. */
  enter(orgId: string, max: number): string | null {
    const count = (this.open.get(orgId) ?? 0) + 1;
    if (count > max) return `max concurrent tail requests limit exceeded, count > limit (${count} > ${max})`;
    this.open.set(orgId, count);
    return null;
  }

  leave(orgId: string): void {
    const left = this.open.get(orgId)! - 1;
    if (left === 0) this.open.delete(orgId);
    else this.open.set(orgId, left);
  }
}

async function run(
  deps: LokiTailDeps,
  request: LokiTailRequest,
  socket: TailSocket,
  tails: TailCounter,
): Promise<void> {
  const { orgId, question, requestId } = request;
  const refusal = tails.enter(orgId, question.settings.tailsMax);
  if (refusal !== null) return socket.fail(refusal);
  try {
    await new LokiTail(deps, request, socket).run();
  } catch (error) {
    if (isPassing(error)) return socket.drop();
    const answer = errorAnswer(error, requestId);
    if (answer.isFault && !socket.gone.aborted) deps.onFault(error, requestId);
    socket.fail(plainError(answer).text);
  } finally {
    tails.leave(orgId);
  }
}

/** The server stops, or live tail begins anew: who comes back finds it again. */
function isPassing(error: unknown): boolean {
  return error instanceof RetryableError && (error.code === 'shutting_down' || error.code === 'overloaded');
}

/** One connection. */
class LokiTail {
  private readonly deps: LokiTailDeps;
  private readonly request: LokiTailRequest;
  private readonly socket: TailSocket;
  private readonly lines: TailLines;
  private readonly delay: TailDelay;
  private readonly nowMs: () => number;
  private readonly ended = Promise.withResolvers<TailGoodbye | null>();
  private readonly replayed = Promise.withResolvers<void>();
  /** Told with the next lines. */
  private dropped: DroppedEntry[] = [];

  constructor(deps: LokiTailDeps, request: LokiTailRequest, socket: TailSocket) {
    this.deps = deps;
    this.request = request;
    this.socket = socket;
    this.nowMs = deps.nowMs ?? Date.now;
    // It may be rejected before anybody waits for it.
    this.ended.promise.catch(() => {});
    this.lines = new TailLines(request.question);
    this.delay = new TailDelay({
      delayMs: request.question.delayMs,
      nowMs: this.nowMs,
      send: (lines) => this.send(lines),
      onFault: this.ended.reject,
    });
  }

  /** Resolves when the connection is closed. */
  async run(): Promise<void> {
    const { deps, request, socket, ended, delay } = this;
    const { orgId, question } = request;
    socket.gone.addEventListener('abort', () => ended.resolve(null));
    const { expr, settings } = question;
    const { subscription, seam } = await openAtSeam(deps, {
      orgId,
      condition: null,
      selector: { matchers: expr.selector, settings },
      form: 'row',
      start: 'stored',
      onEnd: ended.resolve,
      receive: (chunk) => this.receive(chunk),
    });
    const recheck = setInterval(
      () => void checkKey(deps, request, () => ended.resolve('refused')),
      deps.recheckIntervalMs ?? RECHECK_INTERVAL_MS,
    );
    try {
      await this.replay(seam!);
      this.replayed.resolve();
      const reason = await ended.promise;
      if (reason === 'refused') socket.fail('the API key is no longer good');
      else if (reason !== null) socket.drop();
    } finally {
      clearInterval(recheck);
      subscription.close();
      delay.close();
    }
  }

  private async replay(seam: number): Promise<void> {
    const { deps, request, lines, socket, nowMs } = this;
    const { orgId, question } = request;
    const { store, node } = deps;
    if (socket.gone.aborted) return;
    await this.delay.push(
      await replay({ store, orgId, node, seam, question, lines, nowMs: nowMs(), signal: socket.gone }),
    );
  }

  private async receive({ missed, events }: TailChunk): Promise<void> {
    await this.replayed.promise;
    if (missed !== null && this.dropped.length < DROPPED_ENTRIES_MAX) {
      this.dropped.push(droppedEntry(missed, this.nowMs()));
    }
    if (events.length === 0) return;
    try {
      await this.delay.push(await this.lines.ofEvents(events));
    } catch (error) {
      this.ended.reject(error);
    }
  }

  private send(lines: readonly AnswerLine[]): Promise<void> {
    if (lines.length === 0) return Promise.resolve();
    const frames = tailFrames(lines, this.request.question, this.dropped);
    this.dropped = [];
    return this.socket.send(frames);
  }
}
