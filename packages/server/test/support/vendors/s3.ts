import { createHash } from 'node:crypto';
import { s3 } from '../../../src/destinations/s3/index.ts';
import { echo, HTTP_FAULTS, openHttpVendor, type VendorAnswer, type VendorRequest } from './http-vendor.ts';
import { signatureFault } from './sigv4.ts';
import { storedObjects } from './stored-objects.ts';
import type { Vendor } from './vendor.ts';

const ID = 'AKIAIOSFODNN7EXAMPLE';
const SECRET = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';
const REGION = 'eu-central-1';
const BUCKET = 'acme-logs';

const STATUS: Record<string, number> = { AuthorizationHeaderMalformed: 400, XAmzContentSHA256Mismatch: 400 };

/** S3's PutObject: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html */
export async function openS3Vendor(): Promise<Vendor & { objects: Map<string, Buffer> }> {
  const { objects, messages } = storedObjects();
  const handle = (request: VendorRequest): VendorAnswer => {
    const error = (status: number, code: string) => ({
      status,
      headers: { 'content-type': 'application/xml', date: new Date().toUTCString() },
      body: `<?xml version="1.0"?><Error><Code>${code}</Code><Message>${code} it is.\n${echo(request).replaceAll('<', '')}</Message></Error>`,
    });
    const keys = { accessKeyId: ID, secretAccessKey: SECRET, region: REGION, service: 's3' };
    const fault = signatureFault(request, keys);
    if (fault !== null) return error(STATUS[fault] ?? 403, fault);
    const [, bucket, key] = /^\/([^/]+)\/(.+)$/.exec(request.path) ?? [];
    if (request.method !== 'PUT' || key === undefined) return error(405, 'MethodNotAllowed');
    if (bucket !== BUCKET) return error(404, 'NoSuchBucket');
    if (request.headers['content-md5'] !== createHash('md5').update(request.wire).digest('base64'))
      return error(400, 'BadDigest');
    objects.set(decodeURIComponent(key), request.wire);
    return { status: 200, headers: { etag: '"0"' } };
  };
  const http = await openHttpVendor({ handle });
  const at = (endpoint: string, secret = SECRET) => ({
    config: s3.config.parse({ bucket: BUCKET, region: REGION, endpoint, prefix: 'logs/source=tailwater' }),
    secrets: { access_key_id: ID, secret_access_key: secret },
  });
  return {
    ...http,
    settings: at(http.origin),
    unauthorized: at(http.origin, 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYWRONGKEY00'),
    at: (host, port) => at(`http://${host}:${port}`),
    faults: HTTP_FAULTS,
    messages,
    complaints: () => http.complaints,
    takesOnce: true,
    objects,
  };
}
