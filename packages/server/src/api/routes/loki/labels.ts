import type { Answer } from '../../route.ts';
import { lokiJson } from './answers.ts';
import { checkLength, seriesSelectors } from './parameters/requests.ts';
import { spanOf } from './parameters/times.ts';
import { answerTask, defineLokiRoutes, type LokiRequest, type OwnTask, runTask } from './route.ts';

const BOTH = ['GET', 'POST'] as const;
const PARAMETERS = ['start', 'end', 'since', 'query'] as const;
const NAMES = 'The names of stream labels';
const VALUES = 'The values of a stream label';

function namesTask({ form, nowNs, settings }: LokiRequest): OwnTask {
  const span = spanOf(form, nowNs);
  checkLength(span, settings);
  return { kind: 'labels', ...span, selector: form.get('query') ?? '' };
}

function valuesTask(request: LokiRequest): OwnTask {
  return { ...namesTask(request), kind: 'label-values', name: request.name } as OwnTask;
}

/** What Loki's first API answers: https://grafana.com/docs/loki/latest/reference/loki-http-api/#deprecated-endpoints */
async function legacyAnswer(request: LokiRequest, task: OwnTask): Promise<Answer> {
  const { data = [] } = JSON.parse(Buffer.from(await runTask(request, task)).toString()) as { data?: string[] };
  return lokiJson({ values: data });
}

const names = defineLokiRoutes({
  methods: BOTH,
  paths: ['/loki/api/v1/labels', '/loki/api/v1/label'],
  summary: NAMES,
  parameters: PARAMETERS,
  handle: (request) => answerTask(request, namesTask(request)),
});

const values = defineLokiRoutes({
  methods: BOTH,
  paths: ['/loki/api/v1/label/:name/values'],
  summary: VALUES,
  parameters: PARAMETERS,
  handle: (request) => answerTask(request, valuesTask(request)),
});

const legacyNames = defineLokiRoutes({
  methods: BOTH,
  paths: ['/api/prom/label'],
  summary: `${NAMES}, for old clients`,
  parameters: PARAMETERS,
  handle: (request) => legacyAnswer(request, namesTask(request)),
});

const legacyValues = defineLokiRoutes({
  methods: BOTH,
  paths: ['/api/prom/label/:name/values'],
  summary: `${VALUES}, for old clients`,
  parameters: PARAMETERS,
  handle: (request) => legacyAnswer(request, valuesTask(request)),
});

const series = defineLokiRoutes({
  methods: BOTH,
  paths: ['/loki/api/v1/series', '/api/prom/series'],
  summary: 'The label sets of streams',
  parameters: ['match[]', 'start', 'end', 'since'],
  handle(request) {
    const span = spanOf(request.form, request.nowNs);
    const selectors = seriesSelectors(request.form);
    checkLength(span, request.settings);
    return answerTask(request, { kind: 'series', ...span, selectors });
  },
});

export const labelRoutes = [...names, ...values, ...legacyNames, ...legacyValues, ...series];
