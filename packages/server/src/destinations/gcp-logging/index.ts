import { z } from 'zod';
import type { Egress, EgressResponse } from '../../runtime/egress/egress.ts';
import type { DeliveryBatch, DeliveryResult, Destination, DestinationType, Settings } from '../destination.ts';
import { requestWithToken } from '../util/access-token.ts';
import { isSuccess, tellText } from '../util/answers.ts';
import { joinEvents } from '../util/body.ts';
import { encodeWithin } from '../util/cut.ts';
import { firstSet, givenOnly } from '../util/environment.ts';
import {
  createGoogleToken,
  GOOGLE_SECRETS,
  googleErrorOf,
  googleKeyOf,
  googleRefusal,
  projectOfKey,
} from '../util/google.ts';
import { httpCaller, urlUnder } from '../util/http.ts';
import { adviceOfRefusal, cloudStripper, errorOfRefusal, type Refusal, type Strip } from '../util/refusal.ts';
import { runMarkedEvent, runStep } from '../util/test-steps.ts';
import { type Config, config } from './config.ts';
import { entryText } from './entry.ts';

/** https://cloud.google.com/logging/quotas: 10 MB a request, 256 KB an entry, both of a form that is about as long as JSON. */
const REQUEST_BYTES_MAX = 9_500_000;
const ENTRY_BYTES_MAX = 250_000;
const SCOPE = 'https://www.googleapis.com/auth/logging.write';

/** Google Cloud Logging. */
export const gcpLogging: DestinationType<Config> = {
  id: 'gcp-logging',
  title: 'Google Cloud Logging',
  config,
  secrets: GOOGLE_SECRETS,
  limits: () => ({
    eventsMax: 1000,
    bytesMax: REQUEST_BYTES_MAX,
    eventBytesMax: ENTRY_BYTES_MAX,
    // A comma.
    overheadBytes: 1,
    ageMsMax: 2000,
    // Logging orders by time, then insertId.
    concurrency: 4,
  }),
  fromEnvironment: (environment) => {
    const key = googleKeyOf(environment);
    if (key === undefined) return null;
    const project = firstSet(environment, 'GOOGLE_CLOUD_PROJECT', 'GCP_PROJECT') ?? projectOfKey(key);
    const logId = firstSet(environment, 'GOOGLE_CLOUD_LOG_NAME', 'GCP_LOG_NAME');
    if (project === undefined) return null;
    return { config: config.parse(givenOnly({ project, log_id: logId })), secrets: { service_account_key: key } };
  },
  encode: (event, settings) => encodeWithin(event, ENTRY_BYTES_MAX, (fitting) => entryText(fitting, settings)),
  open: (settings, { egress }) => openGcpLogging(settings, egress),
};

function openGcpLogging({ config: settings, secrets }: Settings<Config>, egress: Egress): Destination {
  const strip = cloudStripper(secrets);
  const call = httpCaller(egress, settings, strip);
  const token = createGoogleToken(secrets, SCOPE, call, strip);
  const url = urlUnder(settings.endpoint, '/v2/entries:write');
  const write = async (events: DeliveryBatch['events'], isDry: boolean, signal: AbortSignal) => {
    const body = joinEvents(events, { before: requestHead(settings, isDry), between: ',', after: ']}' });
    const headers = { 'content-type': 'application/json' };
    const response = await requestWithToken(call, token, { method: 'POST', url, headers, body, signal });
    const failed = entryFailures(response, events.length, strip);
    if (failed === null && !isSuccess(response)) throw errorOfRefusal(refusalOf(response, settings, strip));
    return { ...(failed ?? { rejected: [], again: [] }), bytesSent: body.length, status: String(response.status) };
  };
  const deliver = (batch: DeliveryBatch, signal: AbortSignal): Promise<DeliveryResult> =>
    write(batch.events, false, signal);
  return {
    deliver,
    async test(marked, report, signal) {
      const run = { report, signal, advise: adviceOfRefusal };
      const isKnown = await runStep('credentials', run, async () => {
        await token.get(signal);
        return 'Google gave an access token for the service account.';
      });
      const isAllowed =
        isKnown &&
        (await runStep('permissions', run, async () => {
          await write([], true, signal);
          return `The service account may write to projects/${settings.project}/logs/${settings.log_id}.`;
        }));
      if (isAllowed) await runMarkedEvent(marked, run, deliver);
    },
    close: async () => {},
  };
}

function requestHead(settings: Config, isDry: boolean): string {
  const logName = `projects/${settings.project}/logs/${encodeURIComponent(settings.log_id)}`;
  const resource = {
    type: settings.resource_type,
    labels: { project_id: settings.project, ...settings.resource_labels },
  };
  const head = { logName, resource, partialSuccess: true, ...(isDry ? { dryRun: true } : {}) };
  return `${JSON.stringify(head).slice(0, -1)},"entries":[`;
}

const partialErrors = z.object({
  '@type': z.literal('type.googleapis.com/google.logging.v2.WriteLogEntriesPartialErrors'),
  logEntryErrors: z.record(
    z.string().regex(/^\d+$/),
    z.object({ code: z.int().default(0), message: z.string().default('') }),
  ),
});

/** gRPC codes of what may work later: DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, ABORTED, INTERNAL, UNAVAILABLE. */
const LATER = new Set([4, 8, 10, 13, 14]);

/** Entries that were not written; null: the answer is about none of them, and none of them was written if it is an error. */
function entryFailures(
  response: EgressResponse,
  count: number,
  strip: Strip,
): Pick<DeliveryResult, 'rejected' | 'again'> | null {
  if (isSuccess(response)) return null;
  const read = googleErrorOf(response)
    .details.map((detail) => partialErrors.safeParse(detail).data)
    .find((detail) => detail !== undefined);
  if (read === undefined || Object.keys(read.logEntryErrors).length === 0) return null;
  const failures = Object.entries(read.logEntryErrors)
    .map(([index, { code, message }]) => ({
      index: Number(index),
      code,
      reason: tellText(message, strip) || `code ${code}`,
    }))
    .filter(({ index }) => index < count);
  const some = (isLater: boolean) =>
    failures.filter(({ code }) => LATER.has(code) === isLater).map(({ index, reason }) => ({ index, reason }));
  return { rejected: some(false), again: some(true) };
}

function refusalOf(response: EgressResponse, { project }: Config, strip: Strip): Refusal {
  const who = 'Cloud Logging';
  const refusal = googleRefusal(response, who, strip) ?? { code: 'destination_rejected', detail: who };
  if (refusal.advice !== undefined) return refusal;
  const isDisabled = /has not been used in project|is disabled|SERVICE_DISABLED/.test(refusal.detail);
  if (isDisabled) return { ...refusal, field: 'project', advice: `Enable the Cloud Logging API in ${project}.` };
  if (response.status === 404) return { ...refusal, field: 'project', advice: `There is no project ${project}.` };
  if (response.status === 403) {
    return {
      ...refusal,
      field: 'service_account_key',
      advice: `Give the service account the role Logs Writer (roles/logging.logWriter) on ${project}; check the project ID.`,
    };
  }
  if (response.status !== 400) return refusal;
  return {
    ...refusal,
    field: 'resource_type',
    advice: 'Check resource type and labels against those that Google knows.',
  };
}
