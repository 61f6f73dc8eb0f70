import type { ExportFormat, ExportJob } from '../../../exports/exports.ts';
import { type EventRow, eventOfRow } from '../../../query/events-sql.ts';
import { csvHeader, csvLine } from '../../csv.ts';
import { errorAnswer } from '../../errors.ts';
import { eventParts } from '../../event-parts.ts';
import { renderRow } from '../../events.ts';
import { streamLines } from '../../ndjson.ts';
import { formatMs } from '../../render-event.ts';
import { type Answer, defineRoute, type RouteContext, WRITTEN } from '../../route.ts';
import { exportIdSchema } from './render.ts';

const CONTENT_TYPES: Record<ExportFormat, string> = {
  csv: 'text/csv; charset=utf-8',
  json: 'application/json; charset=utf-8',
  ndjson: 'application/x-ndjson',
};

export const getExportFile = defineRoute({
  method: 'GET',
  path: '/api/logs/exports/:export_id/file',
  scope: 'query',
  resource: 'export',
  summary: 'Download an export, once',
  params: exportIdSchema,
  answers: { 200: 'The events, as a file. The connection is cut when not all of them could be sent.' },
  async handle(context): Promise<Answer> {
    const { deps, identity, params, request, reply } = context;
    const job = deps.exports.begin(identity.orgId, params.export_id);
    const cut = () => reply.raw.destroy();
    job.cancelled.signal.addEventListener('abort', cut);
    try {
      await streamLines(reply, partsOf(job, context), {
        requestId: request.id,
        onFault: deps.onFault,
        headers: {
          'content-type': CONTENT_TYPES[job.plan.format],
          'content-disposition': `attachment; filename="${fileName(job)}"`,
        },
        onWritten: (bytes) => {
          job.bytesWritten += bytes;
        },
      });
    } finally {
      job.cancelled.signal.removeEventListener('abort', cut);
      if (job.state === 'running') fail(job, 'the download broke off');
    }
    return WRITTEN;
  },
});

type Context = Pick<RouteContext<undefined, typeof exportIdSchema, undefined>, 'deps' | 'signal' | 'request'>;

/** The lines of the file; keeps the job's progress. */
async function* partsOf(job: ExportJob, { deps, signal, request }: Context): AsyncGenerator<string[]> {
  const { plan } = job;
  const { head, render, tail } = formOf(job);
  // With the first events, so that what fails at once is answered as an error.
  let waiting = head;
  try {
    for await (const lines of eventParts(plan, { store: deps.store, signal, render })) {
      yield [...waiting, ...lines];
      waiting = [];
      job.eventsWritten += lines.length;
    }
    yield [...waiting, ...tail];
    job.state = 'done';
  } catch (error) {
    if (!signal.aborted) fail(job, errorAnswer(error, request.id).body.error.message);
    throw error;
  }
}

function fail(job: ExportJob, message: string): void {
  job.state = 'failed';
  job.error = message;
}

interface Form {
  head: string[];
  render(row: EventRow): string;
  tail: string[];
}

/** What a file of a format is made of. A line feed follows every text. */
function formOf({ plan: { orgId, format, columns } }: ExportJob): Form {
  switch (format) {
    case 'csv': {
      const render = (row: EventRow) => `${csvLine(eventOfRow(row, orgId), columns)}\r`;
      return { head: [`${csvHeader(columns)}\r`], render, tail: [] };
    }
    case 'json': {
      let separator = '';
      const render = (row: EventRow) => {
        const text = separator + renderRow(row, orgId);
        separator = ',';
        return text;
      };
      return { head: ['['], render, tail: [']'] };
    }
    case 'ndjson':
      return { head: [], render: (row) => renderRow(row, orgId), tail: [] };
  }
}

function fileName({ createdAtMs, plan: { format } }: ExportJob): string {
  return `tailwater-logs-${formatMs(createdAtMs).slice(0, 19).replaceAll(':', '-')}.${format}`;
}
