import {
  cancelDeleteRequest,
  createDeleteRequest,
  type DeleteRequest,
  listDeleteRequests,
} from '../../../control/delete-requests.ts';
import { PermanentError } from '../../../runtime/errors.ts';
import { noContent } from '../../route.ts';
import { lokiJson } from './answers.ts';
import { deletionOf } from './parameters/delete-request.ts';
import { defineLokiRoutes } from './route.ts';

const paths = ['/loki/api/v1/delete'];

const create = defineLokiRoutes({
  methods: ['POST', 'PUT'],
  paths,
  scope: 'admin',
  summary: 'Have events deleted that a log query matches',
  parameters: ['query', 'start', 'end', 'max_interval'],
  async handle({ deps, orgId, form, nowMs }) {
    const id = await createDeleteRequest(deps.control, { orgId, ...deletionOf(form, nowMs) }, nowMs);
    return { kind: 'text', status: 204, contentType: '', headers: { 'x-delete-request-id': id }, text: '' };
  },
});

const list = defineLokiRoutes({
  methods: ['GET'],
  paths,
  scope: 'admin',
  summary: 'Delete requests and how far they are',
  parameters: [],
  handle: async ({ deps, orgId }) => lokiJson((await listDeleteRequests(deps.control, orgId)).map(renderRequest)),
});

function renderRequest({ id, startMs, endMs, query, status, createdAtMs }: DeleteRequest) {
  return {
    request_id: id,
    start_time: startMs / 1000,
    // logcli reads whole seconds only; what has no end of its own ends at a millisecond.
    end_time: Math.ceil(endMs / 1000),
    query,
    status: status === 'running' ? '0% Complete' : status,
    created_at: createdAtMs / 1000,
  };
}

const cancel = defineLokiRoutes({
  methods: ['DELETE'],
  paths,
  scope: 'admin',
  summary: 'Cancel a delete request that was not begun',
  parameters: ['request_id'],
  async handle({ deps, orgId, form }) {
    const outcome = await cancelDeleteRequest(deps.control, orgId, form.get('request_id') ?? '');
    if (outcome === 'unknown') {
      throw new PermanentError('not_found', 'could not find delete request with given id', 'request_id');
    }
    if (outcome === 'begun') {
      const message = 'deletion of request which is in process or already processed is not allowed';
      throw new PermanentError('invalid_parameter', message, 'request_id');
    }
    return noContent();
  },
});

export const deleteRoutes = [...create, ...list, ...cancel];
