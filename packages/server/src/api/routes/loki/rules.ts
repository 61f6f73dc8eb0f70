import { PermanentError } from '../../../runtime/errors.ts';
import { lokiJson } from './answers.ts';
import { defineLokiRoutes } from './route.ts';

/**
 * There are no rules of Loki's own ruler here: Grafana's alerting asks by queries. Clients that sync rules take 404 for
 * an empty list: https://grafana.com/docs/loki/latest/reference/loki-http-api/#ruler
 */
function nothing(path: string, summary: string, message: string) {
  return defineLokiRoutes({
    methods: ['GET'],
    paths: [`/loki/api/v1/rules${path}`, `/api/prom/rules${path}`],
    summary,
    parameters: [],
    handle() {
      throw new PermanentError('not_found', message);
    },
  });
}

const EMPTY = { errorType: '', error: '' };

export const ruleRoutes = [
  ...nothing('', 'Rule groups; there are none', 'no rule groups found'),
  ...nothing('/:namespace', 'Rule groups of a namespace; there are none', 'no rule groups found'),
  ...nothing('/:namespace/:group', 'A rule group; there is none', 'group does not exist'),
  ...defineLokiRoutes({
    methods: ['GET'],
    paths: ['/prometheus/api/v1/rules'],
    summary: 'Rules and their state; there are none',
    parameters: [],
    handle: () => lokiJson({ status: 'success', data: { groups: [] }, ...EMPTY }),
  }),
  ...defineLokiRoutes({
    methods: ['GET'],
    paths: ['/prometheus/api/v1/alerts'],
    summary: 'Alerts of rules; there are none',
    parameters: [],
    handle: () => lokiJson({ status: 'success', data: { alerts: [] }, ...EMPTY }),
  }),
];
