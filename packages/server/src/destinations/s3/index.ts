import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { EgressResponse } from '../../runtime/egress/egress.ts';
import type { DestinationType } from '../destination.ts';
import { createAwsClient } from '../util/aws.ts';
import { AWS_SECRETS, awsFields, awsFromEnvironment, checkAws } from '../util/aws-config.ts';
import { awsDomain } from '../util/aws-credentials.ts';
import { awsErrorOf, awsRefusal } from '../util/aws-errors.ts';
import { firstSet, givenOnly } from '../util/environment.ts';
import { httpCaller, httpUrl } from '../util/http.ts';
import { objectFields, objectLimits } from '../util/objects/config.ts';
import { type ObjectStore, openObjects } from '../util/objects/destination.ts';
import { encodeForObject } from '../util/objects/objects.ts';
import { cloudStripper, errorOfRefusal, type Refusal, type Strip } from '../util/refusal.ts';

const config = z
  .strictObject({
    bucket: z
      .string()
      .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'a bucket name: 3 to 63 of a-z, 0-9, . and -')
      .meta({ description: 'Bucket, which has to be there.' }),
    ...awsFields,
    endpoint: httpUrl.optional().meta({
      description:
        'URL of a store that speaks S3, such as https://storage.googleapis.com; the bucket goes into the path.',
    }),
    storage_class: z
      .enum(['STANDARD', 'STANDARD_IA', 'ONEZONE_IA', 'INTELLIGENT_TIERING', 'GLACIER_IR', 'GLACIER', 'DEEP_ARCHIVE'])
      .optional()
      .meta({ description: 'Storage class of the objects. Default: the bucket’s own.' }),
    kms_key_id: z
      .string()
      .regex(/^[\w:/-]{1,256}$/)
      .optional()
      .meta({ description: 'KMS key that S3 encrypts with (SSE-KMS). Default: as the bucket says.' }),
    ...objectFields,
  })
  .superRefine(checkAws);
type Config = z.output<typeof config>;

/** Amazon S3, and stores that speak it. */
export const s3: DestinationType<Config> = {
  id: 's3',
  title: 'Amazon S3',
  config,
  secrets: AWS_SECRETS,
  limits: objectLimits,
  fromEnvironment: (environment) => {
    const aws = awsFromEnvironment(environment);
    const bucket = firstSet(environment, 'S3_BUCKET');
    if (aws === null || bucket === undefined) return null;
    const members = {
      bucket,
      prefix: firstSet(environment, 'S3_PREFIX'),
      endpoint: firstSet(environment, 'AWS_ENDPOINT_URL_S3', 'AWS_ENDPOINT_URL'),
    };
    return { config: config.parse({ ...aws.config, ...givenOnly(members) }), secrets: aws.secrets };
  },
  encode: encodeForObject,
  open: ({ config: settings, secrets }, { egress }) => {
    const strip = cloudStripper(secrets);
    const call = httpCaller(egress, settings, strip);
    const client = createAwsClient('s3', { config: settings, secrets, egress, call, strip });
    const store: ObjectStore = {
      authenticate: async (signal) => {
        await client.authenticate(signal);
        return settings.role_arn === undefined ? 'Credentials are set.' : `Assumed ${settings.role_arn}.`;
      },
      put: async ({ key, body, contentType }, signal) => {
        const url = `${bucketUrl(settings)}/${pathOf(key)}`;
        const response = await client.request(
          { method: 'PUT', url, headers: headersOf(settings, body, contentType), body },
          signal,
        );
        const refusal = refusalOf(response, settings, strip);
        if (refusal !== null) throw errorOfRefusal(refusal);
        return String(response.status);
      },
    };
    return openObjects(store, settings);
  },
};

/** As Amazon's own clients write it, signs too: some stores compare the signature with the path as it was sent. */
function pathOf(key: string): string {
  const sign = (text: string) => `%${text.charCodeAt(0).toString(16).toUpperCase()}`;
  const part = (text: string) => encodeURIComponent(text).replace(/[!'()*]/g, sign);
  return key.split('/').map(part).join('/');
}

/** A dot in the name would not match the certificate of `*.s3.REGION.amazonaws.com`. */
function bucketUrl({ bucket, endpoint, region }: Config): string {
  if (endpoint !== undefined) return `${endpoint.replace(/\/+$/, '')}/${bucket}`;
  const domain = `s3.${region}.${awsDomain(region)}`;
  return bucket.includes('.') ? `https://${domain}/${bucket}` : `https://${bucket}.${domain}`;
}

function headersOf(settings: Config, body: Buffer, contentType: string): Record<string, string> {
  return {
    'content-type': contentType,
    // Buckets with Object Lock ask for it, and every store knows it, which is not so of newer checksums.
    'content-md5': createHash('md5').update(body).digest('base64'),
    ...(settings.storage_class === undefined ? {} : { 'x-amz-storage-class': settings.storage_class }),
    ...(settings.kms_key_id === undefined
      ? {}
      : {
          'x-amz-server-side-encryption': 'aws:kms',
          'x-amz-server-side-encryption-aws-kms-key-id': settings.kms_key_id,
        }),
  };
}

function refusalOf(response: EgressResponse, settings: Config, strip: Strip): Refusal | null {
  const refusal = awsRefusal(response, 'S3', strip);
  if (refusal === null || refusal.advice !== undefined) return refusal;
  const { code } = awsErrorOf(response);
  if (code === 'NoSuchBucket') {
    const advice = `There is no bucket ${settings.bucket} here: create it, or mend its name or the endpoint.`;
    return { ...refusal, field: 'bucket', advice };
  }
  if (refusal.code === 'destination_unauthorized') {
    const where = `arn:aws:s3:::${settings.bucket}/${settings.prefix === '' ? '' : `${settings.prefix}/`}*`;
    const kms = settings.kms_key_id === undefined ? '' : ', and kms:GenerateDataKey on the key';
    const advice = `Allow these credentials s3:PutObject on ${where}${kms}; look for a bucket policy that denies it.`;
    return { ...refusal, field: 'credentials', advice };
  }
  if (code.startsWith('KMS.'))
    return { ...refusal, field: 'kms_key_id', advice: 'The KMS key is disabled or not there.' };
  return refusal;
}
