import { badQuery } from '../../../query/logql/errors.ts';
import { parse } from '../../../query/logql/parse.ts';
import { askedEncoding } from './headers.ts';
import { checkEntries, checkLength, instantRequest, rangeRequest } from './parameters/requests.ts';
import { answerTask, defineLokiRoutes } from './route.ts';

const NO_INSTANT_LOGS =
  'log queries are not supported as an instant query type, please change your query to a range query type';

const queryRange = defineLokiRoutes({
  methods: ['GET', 'POST'],
  paths: ['/loki/api/v1/query_range'],
  summary: 'LogQL over a range of time: lines, or series of samples',
  parameters: ['query', 'start', 'end', 'since', 'step', 'interval', 'limit', 'direction'],
  handle(request) {
    const asked = rangeRequest(request.form, request.nowNs);
    const { kind } = parse(asked.query);
    checkLength(asked, request.settings);
    if (kind === 'log') checkEntries(asked.limit, request.settings);
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
    if (parse(asked.query).kind === 'log') throw badQuery(NO_INSTANT_LOGS);
    return answerTask(request, { kind: 'query', ...asked, ...askedEncoding(request.headers), pushDown: true });
  },
});

export const queryRoutes = [...queryRange, ...query];
