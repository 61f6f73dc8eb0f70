import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { Egress, EgressResponse } from '../../runtime/egress/egress.ts';
import { PermanentError, RetryableError } from '../../runtime/errors.ts';
import type { DeliveryBatch, DeliveryResult, Destination, Settings } from '../destination.ts';
import { isSuccess, readJson, type Strip, tellText } from '../util/answers.ts';
import { compressed, joinEvents } from '../util/body.ts';
import { type HttpCall, httpCaller, urlUnder } from '../util/http.ts';
import { secretOf, secretStripper } from '../util/secrets.ts';
import { type AdviceOf, runMarkedEvent, runStep } from '../util/test-steps.ts';
import { CODE_NO_DATA, hecFailure, readAnswer } from './answers.ts';
import type { SplunkConfig } from './index.ts';

const EVENT_PATH = '/event';
const ACK_PATH = '/ack';
const HEALTH_PATH = '/health';

interface Hec {
  settings: SplunkConfig;
  call: HttpCall;
  strip: Strip;
  /** Throws when the token is not set. */
  headers: () => Record<string, string>;
}

export function openSplunk({ config: settings, secrets }: Settings<SplunkConfig>, egress: Egress): Destination {
  const strip = secretStripper(secrets);
  // Acknowledgements are counted per channel, and a channel belongs to one sender.
  const channel: Record<string, string> = settings.acknowledge ? { 'x-splunk-request-channel': randomUUID() } : {};
  const hec: Hec = {
    settings,
    strip,
    call: httpCaller(egress, settings, strip),
    headers: () => ({
      'content-type': 'application/json',
      authorization: `Splunk ${secretOf(secrets, 'token')}`,
      ...channel,
    }),
  };
  const deliver = (batch: DeliveryBatch, signal: AbortSignal) => deliverBatch(hec, batch, signal);
  return {
    deliver,
    test: async (marked, report, signal) => {
      const run = { report, signal, advise };
      const isWell =
        (await runStep('health', run, () => checkHealth(hec, signal))) &&
        (await runStep('credentials', run, () => checkToken(hec, signal)));
      if (isWell) await runMarkedEvent(marked, run, deliver);
    },
    close: async () => {},
  };
}

/** Other senders' settings have the whole path, up to `/services/collector/event`. */
function collectorUrl({ settings }: Hec, path: string): string {
  return urlUnder(settings.url.replace(/\/services\/collector(\/[^?]*)?(?=\?|$)/, ''), `/services/collector${path}`);
}

async function deliverBatch(hec: Hec, batch: DeliveryBatch, signal: AbortSignal): Promise<DeliveryResult> {
  const joined = joinEvents(batch.events, { between: '\n' });
  const { body, headers } = await compressed(joined);
  const response = await hec.call({
    method: 'POST',
    url: collectorUrl(hec, EVENT_PATH),
    headers: { ...hec.headers(), ...headers },
    body,
    signal,
  });
  const sent = { bytesSent: body.length, status: String(response.status) };
  if (!isSuccess(response)) return { ...partOf(response, batch, hec.strip), ...sent };
  if (hec.settings.acknowledge) await acknowledged(hec, response, signal);
  return { rejected: [], again: [], ...sent };
}

/**
 * Of a batch with an invalid event HEC names the first one and takes nothing behind it; whether it took those before is
 * not said, so all others are sent again. Throws when the answer names none.
 */
function partOf(
  response: EgressResponse,
  { events }: DeliveryBatch,
  strip: Strip,
): Pick<DeliveryResult, 'rejected' | 'again'> {
  const answer = readAnswer(response);
  const invalid = answer?.['invalid-event-number'];
  if (answer === null || invalid === undefined || response.status !== 400 || invalid >= events.length) {
    throw hecFailure(response, strip);
  }
  const failure = hecFailure(response, strip);
  // An index that does not exist is named with an event too, but it is no fault of the event's.
  if (failure.code !== 'destination_rejected') throw failure;
  const reason = `code ${answer.code}: ${tellText(answer.text, strip)}`;
  const others = events.flatMap((_, index) =>
    index === invalid ? [] : [{ index, reason: `event ${invalid} of its request was refused` }],
  );
  return { rejected: [{ index: invalid, reason }], again: others };
}

const acksSchema = z.object({ acks: z.record(z.string(), z.boolean()) });

/** https://docs.splunk.com/Documentation/Splunk/latest/Data/AboutHECIDXAck */
async function acknowledged(hec: Hec, taken: EgressResponse, signal: AbortSignal): Promise<void> {
  const ackId = readAnswer(taken)?.ackId;
  if (ackId === undefined) {
    const message = 'Splunk gave no `ackId`: indexer acknowledgement is off for this token.';
    throw new PermanentError('destination_unauthorized', message, 'acknowledge');
  }
  const { acknowledge_poll_seconds: pollSeconds, acknowledge_timeout_seconds: timeoutSeconds } = hec.settings;
  const polls = Math.ceil(timeoutSeconds / pollSeconds);
  for (let poll = 0; poll < polls; poll++) {
    await sleep(pollSeconds * 1000, undefined, { signal });
    const response = await hec.call({
      method: 'POST',
      url: collectorUrl(hec, ACK_PATH),
      headers: hec.headers(),
      body: JSON.stringify({ acks: [ackId] }),
      signal,
    });
    if (!isSuccess(response)) throw hecFailure(response, hec.strip);
    if (readJson(response.body, acksSchema)?.acks[String(ackId)] === true) return;
  }
  throw new RetryableError('destination_unavailable', `Splunk indexed nothing within ${timeoutSeconds} s.`, 0);
}

async function checkHealth(hec: Hec, signal: AbortSignal): Promise<string> {
  const response = await hec.call({ method: 'GET', url: collectorUrl(hec, HEALTH_PATH), signal });
  if (isSuccess(response)) return `The collector says that it is healthy (${response.status}).`;
  // Proxies in front of a collector often let through nothing but /event.
  if (response.status === 404) return 'The address has no health check; the token will tell.';
  throw hecFailure(response, hec.strip);
}

/** An empty body: a token that is good gets as far as "No data". */
async function checkToken(hec: Hec, signal: AbortSignal): Promise<string> {
  const url = collectorUrl(hec, EVENT_PATH);
  const response = await hec.call({ method: 'POST', url, headers: hec.headers(), body: '', signal });
  if (isSuccess(response) || readAnswer(response)?.code === CODE_NO_DATA) return 'Splunk accepts the token.';
  throw hecFailure(response, hec.strip);
}

const ADVICE: Readonly<Record<string, string>> = {
  token:
    'Copy the token value of an enabled HEC input of this Splunk, and check that HEC is enabled (Global Settings).',
  index: 'The token may not write to that index, or there is none of that name: add it to the indexes of the token.',
  acknowledge: 'Set `acknowledge` as "Enable indexer acknowledgement" is set for the token.',
};

const advise: AdviceOf = (error) => {
  if (error.code !== 'destination_unauthorized') return undefined;
  const field = (error instanceof PermanentError ? error.field : undefined) ?? 'token';
  return { field, advice: ADVICE[field] ?? ADVICE.token! };
};
