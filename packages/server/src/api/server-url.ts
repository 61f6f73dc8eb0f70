import type { IncomingMessage } from 'node:http';

/** Whether the client came by https: to this server, or to the proxy in front of it that says so. */
export function isSecure({ headers, socket }: Pick<IncomingMessage, 'headers' | 'socket'>): boolean {
  if ('encrypted' in socket && socket.encrypted === true) return true;
  return String(headers['x-forwarded-proto'] ?? '')
    .split(',')[0]!
    .trim()
    .toLowerCase()
    .startsWith('https');
}

/** The server's address as the client of this request knows it: `https://logs.example.com`. */
export function serverUrlOf(request: Pick<IncomingMessage, 'headers' | 'socket'>): string {
  const scheme = isSecure(request) ? 'https' : 'http';
  const fallback = `${scheme}://127.0.0.1:${request.socket.localPort ?? ''}`;
  const { host } = request.headers;
  if (host === undefined || host === '') return URL.parse(fallback)?.origin ?? 'http://127.0.0.1';
  // What is no host and port alone would be somebody's text in a page.
  return URL.parse(`${scheme}://${host}`)?.origin ?? fallback;
}
