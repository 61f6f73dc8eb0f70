import { z } from 'zod';
import type { SecretField } from '../destination.ts';
import { type Environment, firstSet, givenOnly, givenSecrets } from './environment.ts';
import { connectionFields, httpUrl } from './http.ts';

/** What every destination at Amazon asks for. */
export const awsFields = {
  region: z
    .string()
    .regex(/^[a-z]{2}(?:-[a-z]+)+-\d{1,2}$|^auto$/)
    .meta({ description: 'AWS region, such as eu-central-1.' }),
  credentials: z
    .enum(['keys', 'pod'])
    .default('keys')
    .meta({
      description:
        'keys: the access key below. pod: the role of the EKS service account that the server runs as, where the operator ' +
        'allows 169.254.169.254 in egress.allow.',
    }),
  role_arn: z
    .string()
    .regex(/^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]{1,512}$/)
    .optional()
    .meta({ description: 'Role that is assumed with these credentials.' }),
  external_id: z
    .string()
    .regex(/^[\w+=,.@:/-]{2,1224}$/)
    .optional()
    .meta({ description: 'External id that the role asks for.' }),
  sts_endpoint: httpUrl.optional().meta({ description: 'URL of STS, where it is not that of the region.' }),
  ...connectionFields,
};

const awsConfig = z.object(awsFields);
export type AwsConfig = z.infer<typeof awsConfig>;

/** What the fields forbid together; `pod` sends the pod's token to STS, so its address is no setting. */
export function checkAws(config: AwsConfig, context: z.RefinementCtx): void {
  const issue = (field: string, message: string) => context.addIssue({ code: 'custom', path: [field], message });
  if (config.credentials === 'pod' && config.role_arn === undefined) issue('role_arn', 'pod needs a role');
  if (config.credentials === 'pod' && config.sts_endpoint !== undefined) issue('sts_endpoint', 'not with pod');
  if (config.external_id !== undefined && config.role_arn === undefined) issue('external_id', 'only with a role');
}

export const AWS_SECRETS: readonly SecretField[] = [
  { name: 'access_key_id', title: 'Access key ID', description: 'Of an IAM user, AKIA….', required: false },
  { name: 'secret_access_key', title: 'Secret access key', description: 'The key’s secret.', required: false },
  {
    name: 'session_token',
    title: 'Session token',
    description: 'Of temporary keys, ASIA…; they end with it.',
    required: false,
  },
];

/** The credentials and region that Amazon's own tools read; null: there is no key or no region. */
export function awsFromEnvironment(
  environment: Environment,
): { config: Record<string, unknown>; secrets: Record<string, string> } | null {
  const accessKeyId = firstSet(environment, 'AWS_ACCESS_KEY_ID');
  const secretAccessKey = firstSet(environment, 'AWS_SECRET_ACCESS_KEY');
  const region = firstSet(environment, 'AWS_REGION', 'AWS_DEFAULT_REGION');
  if (accessKeyId === undefined || secretAccessKey === undefined || region === undefined) return null;
  return {
    config: givenOnly({ region, role_arn: firstSet(environment, 'AWS_ROLE_ARN') }),
    secrets: givenSecrets({
      access_key_id: accessKeyId,
      secret_access_key: secretAccessKey,
      session_token: firstSet(environment, 'AWS_SESSION_TOKEN'),
    }),
  };
}
