import { z } from 'zod';
import type { EgressResponse } from '../../runtime/egress/egress.ts';
import type { DestinationType, Settings } from '../destination.ts';
import { requestWithToken } from '../util/access-token.ts';
import {
  AZURE_AUTHORITY,
  authority,
  azureErrorOf,
  azureRefusal,
  clientId,
  createAzureToken,
  tenantId,
} from '../util/azure.ts';
import { sharedKeyAuthorization } from '../util/azure-shared-key.ts';
import { firstSet, givenOnly, givenSecrets } from '../util/environment.ts';
import { connectionFields, type HttpCall, type HttpRequest, httpCaller, httpUrl } from '../util/http.ts';
import { objectFields, objectLimits } from '../util/objects/config.ts';
import { type ObjectStore, openObjects } from '../util/objects/destination.ts';
import { encodeForObject } from '../util/objects/objects.ts';
import { cloudStripper, errorOfRefusal, type Refusal, type Strip } from '../util/refusal.ts';
import { secretOf } from '../util/secrets.ts';
import { clockAdvice } from '../util/test-steps.ts';

/** Of the Blob service: https://learn.microsoft.com/en-us/rest/api/storageservices/versioning-for-the-azure-storage-services */
const API_VERSION = '2023-11-03';
const SCOPE = 'https://storage.azure.com/.default';

const config = z
  .strictObject({
    account: z
      .string()
      .regex(/^[a-z0-9]{3,24}$/, 'an account name: 3 to 24 of a-z and 0-9')
      .meta({ description: 'Storage account.' }),
    container: z
      .string()
      .regex(/^(?!.*--)[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/, 'a container name: 3 to 63 of a-z, 0-9 and single -')
      .meta({ description: 'Container, which has to be there.' }),
    endpoint: httpUrl.optional().meta({
      description: 'URL of the Blob service. Default: https://ACCOUNT.blob.core.windows.net.',
    }),
    auth: z.enum(['shared_key', 'sas', 'application']).default('shared_key').meta({
      description: 'account_key, sas_token, or tenant_id, client_id and client_secret of an application.',
    }),
    tenant_id: tenantId.optional(),
    client_id: clientId.optional(),
    authority: authority.default(AZURE_AUTHORITY),
    ...objectFields,
    ...connectionFields,
  })
  .superRefine((settings, context) => {
    if (settings.auth !== 'application') return;
    for (const name of ['tenant_id', 'client_id'] as const) {
      if (settings[name] === undefined)
        context.addIssue({ code: 'custom', path: [name], message: 'the application needs it' });
    }
  });
type Config = z.output<typeof config>;

/** Azure Blob Storage. */
export const azureBlob: DestinationType<Config> = {
  id: 'azure-blob',
  title: 'Azure Blob Storage',
  config,
  secrets: [
    {
      name: 'account_key',
      title: 'Account key',
      description: 'For shared_key: one of the account’s two.',
      required: false,
    },
    {
      name: 'sas_token',
      title: 'SAS token',
      description: 'For sas: sv=…&sig=…, with the right to create.',
      required: false,
    },
    { name: 'client_secret', title: 'Client secret', description: 'For application: its value.', required: false },
  ],
  limits: objectLimits,
  fromEnvironment: (environment) => {
    const named = connectionString(firstSet(environment, 'AZURE_STORAGE_CONNECTION_STRING') ?? '');
    const account = firstSet(environment, 'AZURE_STORAGE_ACCOUNT') ?? named.AccountName;
    const accountKey = firstSet(environment, 'AZURE_STORAGE_KEY') ?? named.AccountKey;
    const sasToken = firstSet(environment, 'AZURE_STORAGE_SAS_TOKEN') ?? named.SharedAccessSignature;
    const container = firstSet(environment, 'AZURE_STORAGE_CONTAINER');
    if (account === undefined || container === undefined || (accountKey ?? sasToken) === undefined) return null;
    const members = {
      ...{ account, container, prefix: firstSet(environment, 'AZURE_STORAGE_PREFIX') },
      endpoint: named.BlobEndpoint,
      auth: accountKey === undefined ? 'sas' : 'shared_key',
    };
    const secrets = givenSecrets({ account_key: accountKey, sas_token: sasToken });
    return { config: config.parse(givenOnly(members)), secrets };
  },
  encode: encodeForObject,
  open: (settings, { egress }) => {
    const strip = cloudStripper(settings.secrets);
    const call = httpCaller(egress, settings.config, strip);
    const { authenticate, send } = access(settings, call, strip);
    const store: ObjectStore = {
      authenticate,
      put: async ({ key, body, contentType }, signal) => {
        const { account, container, endpoint = `https://${account}.blob.core.windows.net` } = settings.config;
        const path = [container, ...key.split('/')].map(encodeURIComponent).join('/');
        const response = await send({
          method: 'PUT',
          url: `${endpoint.replace(/\/+$/, '')}/${path}`,
          headers: {
            'content-type': contentType,
            'x-ms-blob-content-type': contentType,
            'x-ms-blob-type': 'BlockBlob',
            'x-ms-version': API_VERSION,
            // Only where there is none: immutable containers refuse to replace, and a SAS need not allow it.
            'if-none-match': '*',
          },
          body,
          signal,
        });
        const refusal = refusalOf(response, settings.config, strip);
        if (refusal === null) return String(response.status);
        if (azureErrorOf(response).code === 'BlobAlreadyExists') return '409 already there';
        throw errorOfRefusal(refusal);
      },
    };
    return openObjects(store, settings.config);
  },
};

type Put = HttpRequest & { body: Buffer; headers: Record<string, string> };

interface Access {
  authenticate(signal: AbortSignal): Promise<string>;
  send(request: Put): Promise<EgressResponse>;
}

function access({ config: settings, secrets }: Settings<Config>, call: HttpCall, strip: Strip): Access {
  switch (settings.auth) {
    case 'shared_key':
      return {
        authenticate: async () =>
          `Requests are signed with a key of ${secretOf(secrets, 'account_key') && settings.account}.`,
        send: (request) => call(signed(request, settings.account, secretOf(secrets, 'account_key'))),
      };
    case 'sas':
      return {
        authenticate: async () => `The SAS token ${expiryOf(secretOf(secrets, 'sas_token'))}.`,
        send: (request) => {
          const url = `${request.url}?${secretOf(secrets, 'sas_token').replace(/^\?/, '')}`;
          return call({ ...request, url });
        },
      };
    case 'application': {
      const application = { ...settings, tenant_id: settings.tenant_id ?? '', client_id: settings.client_id ?? '' };
      const token = createAzureToken(application, secrets.client_secret, SCOPE, call, strip);
      return {
        authenticate: async (signal) => {
          await token.get(signal);
          return 'Microsoft Entra ID gave an access token.';
        },
        send: (request) => requestWithToken(call, token, request),
      };
    }
  }
}

function signed(request: Put, account: string, key: string): Put {
  const headers = { ...request.headers, 'x-ms-date': new Date().toUTCString() };
  const signedOnes = { ...headers, 'content-length': String(request.body.length) };
  const authorization = sharedKeyAuthorization(account, key, request.method, request.url, signedOnes);
  return { ...request, headers: { ...headers, authorization } };
}

function expiryOf(sas: string): string {
  const end = new URLSearchParams(sas.replace(/^\?/, '')).get('se');
  return end === null ? 'is set' : `is valid until ${end}`;
}

/** `AccountName=…;AccountKey=…`: values may hold `=`. */
function connectionString(text: string): Record<string, string> {
  return Object.fromEntries(
    text
      .split(';')
      .filter((pair) => pair.includes('='))
      .map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
  );
}

const SECRET_OF: Record<Config['auth'], string> = {
  shared_key: 'account_key',
  sas: 'sas_token',
  application: 'client_secret',
};

function refusalOf(response: EgressResponse, { auth, container, account }: Config, strip: Strip): Refusal | null {
  const refusal = azureRefusal(response, 'Blob Storage', strip);
  if (refusal === null) return null;
  const { code } = azureErrorOf(response);
  if (code === 'ContainerNotFound') {
    const advice = `There is no container ${container} in ${account}: create it, or mend its name.`;
    return { ...refusal, field: 'container', advice };
  }
  const field = SECRET_OF[auth];
  if (code === 'AuthenticationFailed' || refusal.detail.includes('failed to authenticate')) {
    const advice =
      auth === 'sas'
        ? 'The SAS token has ended, begins later, or was not copied whole.'
        : 'The key is not one of this account’s: copy it again. If it is, check the server’s clock.';
    return { ...refusal, field, advice, ...clockAdvice(response.headers) };
  }
  if (code === 'KeyBasedAuthenticationNotPermitted') {
    return { ...refusal, field: 'auth', advice: 'The account forbids its keys: use auth application.' };
  }
  if (code === 'AuthorizationFailure' || code === 'IpAuthorizationFailure') {
    return { ...refusal, field: 'account', advice: 'The account’s firewall does not let this server in.' };
  }
  if (refusal.code !== 'destination_unauthorized') return refusal;
  const advice =
    auth === 'application'
      ? 'Give the application the role Storage Blob Data Contributor on the container. It takes up to ten minutes.'
      : 'The SAS token needs the permission to create (c) and to write (w) blobs, for objects (srt=o or sr=c).';
  return { ...refusal, field, advice };
}
