import type { Answer } from '../../route.ts';
import { checkLength, fieldsRequest, orderedSpan, stepOf } from './parameters/requests.ts';
import { spanOf } from './parameters/times.ts';
import { answerTask, defineLokiRoutes, type LokiRequest } from './route.ts';

const BOTH = ['GET', 'POST'] as const;
const FIELD_PARAMETERS = ['query', 'start', 'end', 'since', 'line_limit', 'limit', 'step'] as const;

const detectedLabels = defineLokiRoutes({
  methods: BOTH,
  paths: ['/loki/api/v1/detected_labels'],
  summary: 'Labels worth choosing by, and how many values each has',
  parameters: ['query', 'start', 'end', 'since'],
  handle(request) {
    const span = orderedSpan(request.form, request.nowNs);
    checkLength(span, request.settings);
    return answerTask(request, { kind: 'detected-labels', ...span, selector: request.form.get('query') ?? '' });
  },
});

function answerFields(request: LokiRequest, field: string | null): Promise<Answer> {
  const asked = fieldsRequest(request.form, request.nowNs);
  checkLength(asked, request.settings);
  const lineLimit = Math.min(asked.lineLimit, request.settings.entriesMax);
  return answerTask(request, { kind: 'detected-fields', ...asked, lineLimit, field });
}

const detectedFields = defineLokiRoutes({
  methods: BOTH,
  paths: ['/loki/api/v1/detected_fields'],
  summary: 'Fields found in the newest lines, with their types',
  parameters: FIELD_PARAMETERS,
  handle: (request) => answerFields(request, null),
});

const detectedFieldValues = defineLokiRoutes({
  methods: BOTH,
  paths: ['/loki/api/v1/detected_field/:name/values'],
  summary: 'Values of a field in the newest lines',
  parameters: FIELD_PARAMETERS,
  handle: (request) => answerFields(request, request.name),
});

const patterns = defineLokiRoutes({
  methods: BOTH,
  paths: ['/loki/api/v1/patterns'],
  summary: 'Patterns of lines, and how often each comes',
  parameters: ['query', 'start', 'end', 'since', 'step'],
  handle(request) {
    const span = spanOf(request.form, request.nowNs);
    const stepMs = stepOf(request.form, span);
    checkLength(span, request.settings);
    return answerTask(request, { kind: 'patterns', ...span, query: request.form.get('query') ?? '', stepMs });
  },
});

export const detectedRoutes = [...detectedLabels, ...detectedFields, ...detectedFieldValues, ...patterns];
