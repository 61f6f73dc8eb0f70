import { z } from 'zod';
import { countQuery } from '../../../query/events-sql.ts';
import { PermanentError } from '../../../runtime/errors.ts';
import { CSV_COLUMNS_DEFAULT } from '../../csv.ts';
import { questionOf } from '../../events.ts';
import { parseQueryString } from '../../query-string.ts';
import { defineRoute, json } from '../../route.ts';
import { allRows } from '../../store-rows.ts';
import { faultOf } from '../../validate.ts';
import { exportBodySchema, exportSchema } from '../../wire/exports.ts';
import { eventsQuestionParameters } from '../logs/list.ts';
import { renderExport } from './render.ts';

const questionSchema = z.strictObject(eventsQuestionParameters);
/** Parameters of GET /api/logs that are about pages. */
const PAGING = ['page', 'page_size', 'cursor', 'count'];

export const createExport = defineRoute({
  method: 'POST',
  path: '/api/logs/exports',
  scope: 'query',
  resource: null,
  summary: 'Prepare a download of all events that a query finds, as CSV, JSON or NDJSON',
  body: exportBodySchema,
  answers: { 201: exportSchema },
  async handle({ deps, identity, body, signal, nowMs }) {
    const { format, columns } = body;
    if (columns !== undefined && format !== 'csv') {
      throw new PermanentError('invalid_body', 'columns are of csv: the other formats have every field', 'columns');
    }
    const { order, ...query } = parseQuestion(body.query);
    const scope = { orgId: identity.orgId, ...questionOf(query, nowMs) };
    const [row] = await allRows<{ events: string }>(deps.store, countQuery(scope), { signal });
    const plan = { ...scope, order, format, columns: columns ?? CSV_COLUMNS_DEFAULT };
    return json(renderExport(deps.exports.create(plan, Number(row!.events))), 201);
  },
});

/** @throws PermanentError `invalid_parameter` naming the parameter in the text. */
function parseQuestion(text: string): z.output<typeof questionSchema> {
  const parameters = parseQueryString(text.replace(/^\?/, ''));
  for (const name of PAGING) delete parameters[name];
  const result = questionSchema.safeParse(parameters);
  if (!result.success) throw faultOf(result.error.issues[0]!, 'invalid_parameter');
  return result.data;
}
