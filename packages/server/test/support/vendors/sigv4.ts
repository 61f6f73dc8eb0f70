import { createHash, createHmac } from 'node:crypto';
import type { VendorRequest } from './http-vendor.ts';

export interface AwsKeys {
  accessKeyId: string;
  secretAccessKey: string;
  region: string;
  service: string;
}

/** Amazon allows five minutes. */
const SKEW_MS_MAX = 5 * 60_000;

const sha256 = (data: Buffer | string) => createHash('sha256').update(data).digest('hex');
const hmac = (key: Buffer | string, text: string) => createHmac('sha256', key).update(text).digest();
const encode = (text: string) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);

/** Amazon's code of what is wrong with the signature, by the documented steps; null: nothing. */
export function signatureFault(request: VendorRequest, keys: AwsKeys): string | null {
  const { headers, method, path, query, wire } = request;
  const pattern =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/;
  const [, id, day, region, service, names, signature] = pattern.exec(headers.authorization ?? '') ?? [];
  if (names === undefined) return 'MissingAuthenticationToken';
  if (id !== keys.accessKeyId) return service === 's3' ? 'InvalidAccessKeyId' : 'UnrecognizedClientException';
  if (region !== keys.region || service !== keys.service) return 'AuthorizationHeaderMalformed';
  const time = headers['x-amz-date'] ?? '';
  const date = Date.parse(time.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
  if (!(Math.abs(date - Date.now()) <= SKEW_MS_MAX)) return 'RequestTimeTooSkewed';
  const bodyHash = headers['x-amz-content-sha256'] ?? sha256(wire);
  if (service === 's3' && bodyHash !== sha256(wire)) return 'XAmzContentSHA256Mismatch';
  // Everything that S3 acts on has to be signed.
  const unsigned = Object.keys(headers).filter((name) => name.startsWith('x-amz-') && !names.split(';').includes(name));
  if (unsigned.length > 0 || !names.split(';').includes('host')) return 'AccessDenied';
  const decoded = path.split('/').map(decodeURIComponent);
  const canonical = [
    method,
    decoded.map(encode).join('/'),
    [...query]
      .map(([name, value]) => `${encode(name)}=${encode(value)}`)
      .sort()
      .join('&'),
    ...names.split(';').map((name) => `${name}:${headers[name]?.trim()}`),
    '',
    names,
    bodyHash,
  ].join('\n');
  const text = ['AWS4-HMAC-SHA256', time, `${day}/${region}/${service}/aws4_request`, sha256(canonical)].join('\n');
  const key = [day!, region, service, 'aws4_request'].reduce<Buffer | string>(
    (before, part) => hmac(before, part),
    `AWS4${keys.secretAccessKey}`,
  );
  if (hmac(key, text).toString('hex') === signature) return null;
  return service === 's3' ? 'SignatureDoesNotMatch' : 'InvalidSignatureException';
}
