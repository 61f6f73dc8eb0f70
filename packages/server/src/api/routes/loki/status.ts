import { formatQuery } from '@tailwater/schema/logql';
import { PermanentError } from '../../../runtime/errors.ts';
import type { ApiDeps } from '../../deps.ts';
import { type Answer, defineRoute } from '../../route.ts';
import { lokiJson } from './answers.ts';
import { LOKI_VERSION } from './limits.ts';
import { parseSyntax } from './parameters/syntax.ts';
import { defineLokiRoutes } from './route.ts';

const buildInfo = defineLokiRoutes({
  methods: ['GET'],
  paths: ['/loki/api/v1/status/buildinfo'],
  summary: 'The version of Loki whose API this is',
  parameters: [],
  handle: () =>
    lokiJson({ version: LOKI_VERSION, revision: '', branch: '', buildUser: '', buildDate: '', goVersion: '' }),
});

const formatting = defineLokiRoutes({
  methods: ['GET', 'POST'],
  paths: ['/loki/api/v1/format_query'],
  summary: 'A query, written on several lines',
  parameters: ['query'],
  handle: ({ form }) => formatted(form.get('query') ?? ''),
});

function formatted(text: string): Answer {
  try {
    return lokiJson({ status: 'success', data: formatQuery(parseSyntax(text)) });
  } catch (error) {
    if (error instanceof PermanentError) return lokiJson({ status: 'invalid-query', error: error.message }, 400);
    throw error;
  }
}

/** Where Loki's clients and charts look whether it is up. */
const ready = defineRoute({
  method: 'GET',
  path: '/ready',
  scope: 'public',
  resource: null,
  summary: 'Whether events are accepted, as Loki says it; /readyz says more',
  answers: { 200: 'ready', 503: 'Which part is not.' },
  async handle({ deps }) {
    for (const part of ['journal', 'control'] as const) {
      if (!(await isReady(deps, part))) return plain(503, `not ready: ${part}\n`);
    }
    return plain(200, 'ready\n');
  },
});

async function isReady({ health }: ApiDeps, part: 'journal' | 'control'): Promise<boolean> {
  try {
    return (await health[part]()).ready;
  } catch {
    return false;
  }
}

const plain = (status: number, text: string): Answer => ({
  kind: 'text',
  status,
  contentType: 'text/plain; charset=utf-8',
  text,
});

export const statusRoutes = [...buildInfo, ...formatting, ready];
