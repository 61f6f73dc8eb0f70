import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import type { Identity } from '../control/scopes.ts';
import type { ApiDeps } from './deps.ts';

/**
 * Who may call a route. `public`: anybody. `ingest`, `query` and `admin`: a key with that scope, for its own org. `metrics`: this
 * machine, or an admin key that may select orgs.
 */
export type RouteScope = 'public' | 'ingest' | 'query' | 'admin' | 'metrics';

/** What of an org the route's path names; null when it names nothing that another org could own. */
export type RouteResource =
  | 'event'
  | 'trace'
  | 'org'
  | 'key'
  | 'dead-letter'
  | 'integration'
  | 'saved-view'
  | 'export'
  | null;

export type HttpMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

type Schema = z.ZodType | undefined;
type Output<S extends Schema> = S extends z.ZodType ? z.output<S> : undefined;

export interface RouteContext<Q extends Schema, P extends Schema, B extends Schema> {
  deps: ApiDeps;
  identity: Identity;
  query: Output<Q>;
  params: Output<P>;
  body: Output<B>;
  /** Aborts when the client goes away: every query of the request takes it. */
  signal: AbortSignal;
  nowMs: number;
  request: FastifyRequest;
  reply: FastifyReply;
}

export type Answer =
  | { kind: 'json'; status: number; body: unknown }
  | { kind: 'text'; status: number; contentType: string; headers?: Record<string, string>; text: string }
  | { kind: 'bytes'; status: number; contentType: string; headers?: Record<string, string>; bytes: Uint8Array }
  /** The handler wrote the response itself. */
  | { kind: 'written' };

export interface RouteDefinition<Q extends Schema, P extends Schema, B extends Schema> {
  method: HttpMethod;
  /** With `:name` for parameters. */
  path: string;
  scope: RouteScope;
  resource: RouteResource;
  summary: string;
  query?: Q;
  params?: P;
  body?: B;
  /** By status; the schema of a JSON answer, or a sentence for anything else. For the OpenAPI document and the tests. */
  answers: Readonly<Record<number, z.ZodType | string>>;
  handle(context: RouteContext<Q, P, B>): Answer | Promise<Answer>;
}

/** A route with its types forgotten: fastify checks the values against the schemas before `handle` sees them. */
export interface ApiRoute extends Omit<RouteDefinition<Schema, Schema, Schema>, 'handle'> {
  handle(context: RouteContext<Schema, Schema, Schema>): Answer | Promise<Answer>;
}

export function defineRoute<Q extends Schema = undefined, P extends Schema = undefined, B extends Schema = undefined>(
  route: RouteDefinition<Q, P, B>,
): ApiRoute {
  return route as unknown as ApiRoute;
}

export const json = (body: unknown, status = 200): Answer => ({ kind: 'json', status, body });
/** JSON that is text already. */
export const renderedJson = (text: string): Answer => ({
  kind: 'text',
  status: 200,
  contentType: 'application/json; charset=utf-8',
  text,
});
export const noContent = (): Answer => ({ kind: 'text', status: 204, contentType: '', text: '' });
export const WRITTEN: Answer = { kind: 'written' };
