import { hash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

export type Encoding = 'br' | 'gzip' | 'identity';

/** A file of the pages, held in memory. */
export interface WebFile {
  contentType: string;
  /** Of the content: with the encoding it makes the ETag. */
  tag: string;
  /** The content in each encoding that is smaller than the content itself; made at the first request for it. */
  in(encoding: Encoding): Promise<Buffer>;
  /** Whether its kind of content gets smaller by compression at all. */
  isCompressible: boolean;
}

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.jpg': 'image/jpeg',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
};
const COMPRESSED_ALREADY = new Set(['.jpg', '.png', '.webp', '.woff2']);

/** Below it the headers of the answer are more than what compression saves. */
const COMPRESSED_BYTES_MIN = 512;
/** A megabyte of scripts takes some 50 ms in a thread of the pool, once; the highest, 11, takes seconds. */
const BROTLI_QUALITY = 9;

const compressBrotli = promisify(brotliCompress);
const compressGzip = promisify(gzip);

/** Every file below `dir`, by its path in URLs: `/assets/index-x1y2.js`. */
export function readWebFiles(dir: string): Map<string, WebFile> {
  const files = new Map<string, WebFile>();
  for (const entry of readdirSync(dir, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const urlPath = path.slice(dir.length).replaceAll('\\', '/');
    files.set(urlPath, webFile(readFileSync(path), extname(entry.name)));
  }
  return files;
}

function webFile(content: Buffer, extension: string): WebFile {
  const made = new Map<Encoding, Promise<Buffer>>([['identity', Promise.resolve(content)]]);
  return {
    contentType: CONTENT_TYPES[extension] ?? 'application/octet-stream',
    tag: hash('sha256', content, 'base64url').slice(0, 22),
    isCompressible: content.length >= COMPRESSED_BYTES_MIN && !COMPRESSED_ALREADY.has(extension),
    in(encoding) {
      let bytes = made.get(encoding);
      if (bytes === undefined) {
        bytes = compress(content, encoding);
        made.set(encoding, bytes);
      }
      return bytes;
    },
  };
}

function compress(content: Buffer, encoding: Encoding): Promise<Buffer> {
  if (encoding === 'gzip') return compressGzip(content, { level: 9 });
  return compressBrotli(content, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY,
      [constants.BROTLI_PARAM_SIZE_HINT]: content.length,
    },
  });
}

/** The best of what the client takes: https://www.rfc-editor.org/rfc/rfc9110#section-12.5.3 */
export function encodingFor({ isCompressible }: WebFile, acceptEncoding: string | undefined): Encoding {
  if (!isCompressible || acceptEncoding === undefined) return 'identity';
  const taken = new Set(
    acceptEncoding
      .toLowerCase()
      .split(',')
      .map((part) => part.trim().split(/\s*;\s*/))
      .filter(([, weight]) => weight === undefined || Number(weight.replace(/^q\s*=\s*/, '')) > 0)
      .map(([name]) => name),
  );
  if (taken.has('br')) return 'br';
  return taken.has('gzip') ? 'gzip' : 'identity';
}
