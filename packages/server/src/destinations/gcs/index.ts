import { z } from 'zod';
import type { EgressResponse } from '../../runtime/egress/egress.ts';
import type { DestinationType } from '../destination.ts';
import { requestWithToken } from '../util/access-token.ts';
import { firstSet, givenOnly } from '../util/environment.ts';
import { createGoogleToken, GOOGLE_SECRETS, googleKeyOf, googleRefusal } from '../util/google.ts';
import { connectionFields, httpCaller, httpUrl } from '../util/http.ts';
import { objectFields, objectLimits } from '../util/objects/config.ts';
import { type ObjectStore, openObjects } from '../util/objects/destination.ts';
import { encodeForObject } from '../util/objects/objects.ts';
import { cloudStripper, errorOfRefusal, type Refusal, type Strip } from '../util/refusal.ts';

const SCOPE = 'https://www.googleapis.com/auth/devstorage.read_write';

const config = z.strictObject({
  bucket: z
    .string()
    .regex(/^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$/, 'a bucket name: a-z, 0-9, ., - and _')
    .meta({ description: 'Bucket, which has to be there.' }),
  endpoint: httpUrl.default('https://storage.googleapis.com').meta({ description: 'URL of the JSON API.' }),
  ...objectFields,
  ...connectionFields,
});
type Config = z.output<typeof config>;

/** Google Cloud Storage by its JSON API. */
export const gcs: DestinationType<Config> = {
  id: 'gcs',
  title: 'Google Cloud Storage',
  config,
  secrets: GOOGLE_SECRETS,
  limits: objectLimits,
  fromEnvironment: (environment) => {
    const key = googleKeyOf(environment);
    const bucket = firstSet(environment, 'GCS_BUCKET');
    if (key === undefined || bucket === undefined) return null;
    const members = { bucket, prefix: firstSet(environment, 'GCS_PREFIX') };
    return { config: config.parse(givenOnly(members)), secrets: { service_account_key: key } };
  },
  encode: encodeForObject,
  open: ({ config: settings, secrets }, { egress }) => {
    const strip = cloudStripper(secrets);
    const call = httpCaller(egress, settings, strip);
    const token = createGoogleToken(secrets, SCOPE, call, strip);
    const store: ObjectStore = {
      authenticate: async (signal) => {
        await token.get(signal);
        return 'Google gave an access token for the service account.';
      },
      put: async ({ key, body, contentType }, signal) => {
        const base = settings.endpoint.replace(/\/+$/, '');
        // Only where there is none: replacing takes the right to delete, and buckets with retention refuse it.
        const query = new URLSearchParams({ uploadType: 'media', name: key, ifGenerationMatch: '0' });
        const url = `${base}/upload/storage/v1/b/${encodeURIComponent(settings.bucket)}/o?${query}`;
        const headers = { 'content-type': contentType };
        const response = await requestWithToken(call, token, { method: 'POST', url, headers, body, signal });
        if (response.status === 412) return '412 already there';
        const refusal = refusalOf(response, settings, strip);
        if (refusal !== null) throw errorOfRefusal(refusal);
        return String(response.status);
      },
    };
    return openObjects(store, settings);
  },
};

function refusalOf(response: EgressResponse, { bucket }: Config, strip: Strip): Refusal | null {
  const refusal = googleRefusal(response, 'Cloud Storage', strip);
  if (refusal === null || refusal.advice !== undefined) return refusal;
  if (response.status === 404) {
    return { ...refusal, field: 'bucket', advice: `There is no bucket ${bucket}: create it, or mend its name.` };
  }
  if (response.status === 403) {
    const advice = `Give the service account the role Storage Object Creator on the bucket ${bucket}.`;
    return { ...refusal, field: 'service_account_key', advice };
  }
  return refusal;
}
