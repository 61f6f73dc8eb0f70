import { askedEncoding } from './headers.ts';
import { checkEntries, checkLength, instantRequest, rangeRequest } from './parameters/requests.ts';
import { answerTask, defineLokiRoutes } from './route.ts';

const queryRange = defineLokiRoutes({
  methods: ['GET', 'POST'],
  paths: ['/loki/api/v1/query_range'],
  summary: 'LogQL over a range of time: lines, or series of samples',
  parameters: ['query', 'start', 'end', 'since', 'step', 'interval', 'limit', 'direction'],
  handle(request) {
    const asked = rangeRequest(request.form, request.nowNs);
    checkLength(asked, request.settings);
    checkEntries(asked, request.settings);
    return answerTask(request, { kind: 'query-range', ...asked, ...askedEncoding(request.headers), pushDown: true });
  },
});

const query = defineLokiRoutes({
  methods: ['GET', 'POST'],
  paths: ['/loki/api/v1/query'],
  summary: 'LogQL at one time: a vector or a number',
  parameters: ['query', 'time', 'limit', 'direction'],
  handle(request) {
    const asked = instantRequest(request.form, request.nowNs);
    return answerTask(request, { kind: 'query', ...asked, ...askedEncoding(request.headers), pushDown: true });
  },
});

export const queryRoutes = [...queryRange, ...query];
