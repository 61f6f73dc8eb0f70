import type { IncomingHttpHeaders } from 'node:http';
import { z } from 'zod';
import { logqlSettingsOf } from '../../../control/logql-settings.ts';
import type { LogqlSettings, LogqlTask } from '../../../query/logql/tasks.ts';
import type { ApiDeps } from '../../deps.ts';
import { type Answer, type ApiRoute, defineRoute, type HttpMethod, type RouteScope } from '../../route.ts';
import { jsonBytes } from './answers.ts';

/** A request as the routes of this folder see it. */
export interface LokiRequest {
  deps: ApiDeps;
  orgId: string;
  settings: LogqlSettings;
  /** Of the body's form and the query string together; the body's come first. */
  form: URLSearchParams;
  /** The value of `:name` in the path, empty where there is none. */
  name: string;
  headers: IncomingHttpHeaders;
  nowMs: number;
  nowNs: bigint;
  signal: AbortSignal;
}

/** What parameters mean, for the OpenAPI document. Times and durations: docs/reference/loki-api.md. */
const PARAMETERS = {
  query: 'LogQL.',
  start: 'Default: an hour before the end. Seconds, nanoseconds or RFC 3339.',
  end: 'Default: now.',
  since: 'Instead of start: how far back, as a duration.',
  time: 'Default: now.',
  step: 'Seconds or a duration. Default: the range in 250 parts.',
  interval: 'Least time between two lines: seconds or a duration.',
  limit: 'How many, at most.',
  direction: '`backward` (newest first) or `forward`.',
  'match[]': 'A selector; may be repeated. `match` is the same.',
  targetLabels: 'Label names, comma separated.',
  aggregateBy: '`series` or `labels`.',
  line_limit: 'Lines that are looked at.',
  max_interval: 'Checked, and of no effect: requests are not split.',
  request_id: 'Of a delete request.',
} as const;

export type ParameterName = keyof typeof PARAMETERS;

export interface LokiDefinition {
  methods: readonly HttpMethod[];
  /** The first is the path itself, the others are its aliases. */
  paths: readonly string[];
  scope?: RouteScope;
  summary: string;
  parameters: readonly ParameterName[];
  handle(request: LokiRequest): Answer | Promise<Answer>;
}

/** Routes of one meaning. What they answer is described in docs/reference/loki-api.md. */
export function defineLokiRoutes(definition: LokiDefinition): ApiRoute[] {
  const { methods, paths, scope = 'query', summary, parameters } = definition;
  const described = parameters.map((name) => [name, z.string().optional().meta({ description: PARAMETERS[name] })]);
  const query = z.looseObject(Object.fromEntries(described) as Record<string, z.ZodOptional<z.ZodString>>);
  const answers = { 200: 'As Loki answers: docs/reference/loki-api.md' };
  return paths.flatMap((path) => {
    const names = [...path.matchAll(/:(\w+)/g)].map(([, name]) => [name!, z.string()] as const);
    const params = names.length === 0 ? {} : { params: z.object(Object.fromEntries(names)) };
    return methods.map((method) =>
      defineRoute({
        method,
        path,
        scope,
        resource: null,
        summary,
        query,
        ...params,
        answers,
        handle: async ({ deps, identity, request, params: given, signal, nowMs }) =>
          definition.handle({
            deps,
            orgId: identity.orgId,
            settings: await logqlSettingsOf(deps.orgs, identity.orgId),
            form: formOf(request.raw.url ?? '', request.body),
            name: (given as { name?: string } | undefined)?.name ?? '',
            headers: request.headers,
            nowMs,
            nowNs: BigInt(nowMs) * 1_000_000n,
            signal,
          }),
      }),
    );
  });
}

function formOf(url: string, body: unknown): URLSearchParams {
  const mark = url.indexOf('?');
  const inUrl = mark < 0 ? '' : url.slice(mark + 1);
  return new URLSearchParams(typeof body === 'string' ? `${body}&${inUrl}` : inUrl);
}

/** A task without what every task has. */
export type OwnTask = LogqlTask extends infer Task
  ? Task extends LogqlTask
    ? Omit<Task, 'orgId' | 'settings'>
    : never
  : never;

/** Runs the task for the org of the request. */
export function runTask({ deps, orgId, settings, signal }: LokiRequest, task: OwnTask): Promise<Uint8Array> {
  return deps.logql.run({ ...task, orgId, settings } as LogqlTask, signal);
}

/** The task's JSON as the answer. */
export async function answerTask(request: LokiRequest, task: OwnTask): Promise<Answer> {
  return jsonBytes(request.headers, await runTask(request, task));
}
