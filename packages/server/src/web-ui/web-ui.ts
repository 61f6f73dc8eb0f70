import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { encodingFor, readWebFiles, type WebFile } from './files.ts';
import { contentSecurityPolicy, newNonce, type PageTemplate, pageTemplate, SECURITY_HEADERS } from './page.ts';

/** Answers requests for pages and their files; false for every other, which is then the API's. */
export type WebUi = (request: IncomingMessage, response: ServerResponse) => boolean;

/** Paths at which the page is served; what it shows there is its own affair. */
const PAGES = /^\/(?:|logs|stats|traces(?:\/[^/]+)?|patterns|ingest|settings(?:\/.*)?|sign-in)$/;

/** File names hold a hash of the content there. */
const HASHED = '/assets/';
const FOREVER = 'public, max-age=31536000, immutable';
const NOT_BUILT =
  'The web UI is not built: run `make build` (or `npm run build`) and start Tailwater again. The API is there without it.\n';

/**
 * Serves the built pages in `dir` from memory, null where there are none: then `/` says so. Only GET and HEAD: other
 * methods of these paths are nobody's.
 */
export function createWebUi(dir: string | null): WebUi {
  if (dir === null) return (request, response) => pathOf(request) === '/' && isRead(request) && refuse(response);
  const template = pageTemplate(readFileSync(join(dir, 'index.html'), 'utf8'));
  const files = readWebFiles(dir);
  files.delete('/index.html');
  return (request, response) => {
    if (!isRead(request)) return false;
    const path = pathOf(request);
    const file = files.get(path);
    if (file !== undefined) void sendFile(request, response, path, file);
    else if (PAGES.test(path)) sendPage(request, response, template);
    else return false;
    return true;
  };
}

function pathOf({ url = '/' }: IncomingMessage): string {
  return url.split('?', 1)[0]!;
}

function isRead({ method }: IncomingMessage): boolean {
  return method === 'GET' || method === 'HEAD';
}

function refuse(response: ServerResponse): true {
  response.writeHead(404, { 'content-type': 'text/plain; charset=utf-8', ...SECURITY_HEADERS }).end(NOT_BUILT);
  return true;
}

function sendPage({ method }: IncomingMessage, response: ServerResponse, { before, after }: PageTemplate): void {
  const nonce = newNonce();
  const body = before + nonce + after;
  response.writeHead(200, {
    'content-type': 'text/html; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-cache',
    'content-security-policy': contentSecurityPolicy(nonce),
    ...SECURITY_HEADERS,
  });
  // node:http sends no body to HEAD whatever it is given.
  response.end(method === 'HEAD' ? undefined : body);
}

async function sendFile(
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  file: WebFile,
): Promise<void> {
  const { headers, method } = request;
  const encoding = encodingFor(file, headers['accept-encoding']);
  const etag = `"${file.tag}-${encoding}"`;
  const common = {
    etag,
    'cache-control': path.startsWith(HASHED) ? FOREVER : 'no-cache',
    ...(file.isCompressible ? { vary: 'accept-encoding' } : {}),
    ...SECURITY_HEADERS,
    // For who opens an image of ours as a page.
    'content-security-policy': contentSecurityPolicy(null),
  };
  if (isKnown(headers['if-none-match'], etag)) return void response.writeHead(304, common).end();
  const bytes = await file.in(encoding);
  response.writeHead(200, {
    ...common,
    'content-type': file.contentType,
    'content-length': bytes.length,
    ...(encoding === 'identity' ? {} : { 'content-encoding': encoding }),
  });
  response.end(method === 'HEAD' ? undefined : bytes);
}

/** https://www.rfc-editor.org/rfc/rfc9110#section-13.1.2 */
function isKnown(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  const tags = ifNoneMatch.split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  return tags.includes('*') || tags.includes(etag);
}
