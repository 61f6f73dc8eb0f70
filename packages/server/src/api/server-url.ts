import type { IncomingMessage } from 'node:http';
import { isSecure } from '../control/session-cookie.ts';

/** The server's address as the client of this request knows it: `https://logs.example.com`. */
export function serverUrlOf({ headers, socket }: Pick<IncomingMessage, 'headers' | 'socket'>): string {
  const scheme = isSecure(headers) ? 'https' : 'http';
  const asked = URL.parse(`${scheme}://${headers.host ?? ''}`);
  // What is more than host and port would be somebody's text in a page.
  if (asked !== null && asked.href === `${asked.origin}/`) return asked.origin;
  return `${scheme}://127.0.0.1:${socket.localPort ?? ''}`;
}
