import type { Answer } from '../../route.ts';
import { checkLength, rangeRequest, volumeRequest } from './parameters/requests.ts';
import { answerTask, defineLokiRoutes, type LokiRequest } from './route.ts';

const BOTH = ['GET', 'POST'] as const;
const PARAMETERS = ['query', 'start', 'end', 'since', 'limit', 'targetLabels', 'aggregateBy'] as const;

const indexStats = defineLokiRoutes({
  methods: BOTH,
  paths: ['/loki/api/v1/index/stats'],
  summary: 'How many streams, lines and bytes a selector has',
  parameters: ['query', 'start', 'end', 'since'],
  handle(request) {
    // Loki reads it as a range query, with all of that's checks.
    const { query, startNs, endNs } = rangeRequest(request.form, request.nowNs);
    checkLength({ startNs, endNs }, request.settings);
    return answerTask(request, { kind: 'index-stats', startNs, endNs, selector: query });
  },
});

function answerVolume(request: LokiRequest, isRange: boolean): Promise<Answer> {
  const asked = volumeRequest(request.form, request.nowNs, isRange);
  const limit = Math.min(asked.limit, request.settings.volumeSeriesMax);
  return answerTask(request, { kind: 'volume', ...asked, limit });
}

const volume = defineLokiRoutes({
  methods: BOTH,
  paths: ['/loki/api/v1/index/volume'],
  summary: 'Bytes of streams or labels, the most first',
  parameters: PARAMETERS,
  handle: (request) => answerVolume(request, false),
});

const volumeRange = defineLokiRoutes({
  methods: BOTH,
  paths: ['/loki/api/v1/index/volume_range'],
  summary: 'Bytes of streams or labels over time',
  parameters: [...PARAMETERS, 'step'],
  handle: (request) => answerVolume(request, true),
});

export const volumeRoutes = [...indexStats, ...volume, ...volumeRange];
