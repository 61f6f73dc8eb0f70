import { generateKeyPairSync, verify } from 'node:crypto';
import type { VendorAnswer, VendorRequest } from './http-vendor.ts';

const EMAIL = 'tailwater@acme-logs.iam.gserviceaccount.com';
const TOKEN = 'ya29.token-of-the-service-account-3f9a';

/** A service account, and Google's token service for it. */
export interface GoogleAccount {
  /** The JSON key file. */
  keyFile(origin: string): string;
  /** One whose key Google does not know. */
  wrongKeyFile(origin: string): string;
  /** `POST /token`, RFC 7523. */
  takeAssertion(request: VendorRequest): VendorAnswer;
  /** Google's words for a request without a valid token, null when it has one for that scope. */
  tokenFault(request: VendorRequest, scope: string): VendorAnswer | null;
  /** Tokens given till now are valid no more. */
  endTokens(): void;
}

export function googleAccount(): GoogleAccount {
  const pair = () => generateKeyPairSync('rsa', { modulusLength: 2048 });
  const own = pair();
  const scopes = new Map<string, string>();
  const file = (privateKey: ReturnType<typeof pair>['privateKey'], origin: string) =>
    JSON.stringify(
      {
        type: 'service_account',
        project_id: 'acme-logs',
        private_key_id: '9c1e6a5d',
        private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
        client_email: EMAIL,
        client_id: '104892101',
        token_uri: `${origin}/token`,
      },
      null,
      2,
    );
  const takeAssertion = (request: VendorRequest): VendorAnswer => {
    const form = new URLSearchParams(request.body.toString());
    const refuse = (description: string) => ({
      status: 400,
      body: { error: 'invalid_grant', error_description: description },
    });
    if (form.get('grant_type') !== 'urn:ietf:params:oauth:grant-type:jwt-bearer') return refuse('Bad grant_type');
    const [header, claims, signature] = (form.get('assertion') ?? '').split('.') as [string, string, string];
    const isSigned = verify(
      'RSA-SHA256',
      Buffer.from(`${header}.${claims}`),
      own.publicKey,
      Buffer.from(signature ?? '', 'base64url'),
    );
    if (!isSigned) return refuse('Invalid JWT Signature.');
    const { alg, kid } = JSON.parse(Buffer.from(header, 'base64url').toString()) as Record<string, unknown>;
    const read = JSON.parse(Buffer.from(claims, 'base64url').toString()) as Record<string, unknown>;
    const now = Date.now() / 1000;
    const isTimely =
      Number(read.iat) <= now + 300 && Number(read.exp) > now && Number(read.exp) <= Number(read.iat) + 3600;
    if (!isTimely)
      return refuse('Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe.');
    if (alg !== 'RS256' || kid !== '9c1e6a5d' || read.iss !== EMAIL) return refuse('Invalid grant: account not found');
    if (read.aud !== `http://${request.headers.host}/token`) return refuse('Invalid JWT: wrong audience');
    const token = `${TOKEN}-${scopes.size}`;
    scopes.set(token, String(read.scope));
    return { status: 200, body: { access_token: token, expires_in: 3599, token_type: 'Bearer' } };
  };
  return {
    keyFile: (origin) => file(own.privateKey, origin),
    wrongKeyFile: (origin) => file(pair().privateKey, origin),
    takeAssertion,
    tokenFault: ({ headers }, scope) => {
      const given = scopes.get((headers.authorization ?? '').replace(/^Bearer /, ''));
      const error = (code: number, status: string, message: string) => ({
        status: code,
        body: { error: { code, message, status, errors: [{ reason: status.toLowerCase() }] } },
      });
      if (given === undefined) return error(401, 'UNAUTHENTICATED', 'Request had invalid authentication credentials.');
      if (given !== scope) return error(403, 'PERMISSION_DENIED', 'Request had insufficient authentication scopes.');
      return null;
    },
    endTokens: () => scopes.clear(),
  };
}
