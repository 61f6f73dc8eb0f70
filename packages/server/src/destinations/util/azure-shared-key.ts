import { createHmac } from 'node:crypto';

/** Headers in the order that Azure signs their values; the date goes as x-ms-date instead. */
const STANDARD = [
  ...['content-encoding', 'content-language', 'content-length', 'content-md5', 'content-type', 'date'],
  ...['if-modified-since', 'if-match', 'if-none-match', 'if-unmodified-since', 'range'],
];

/**
 * `Authorization` of Shared Key for Blob Storage.
 * https://learn.microsoft.com/en-us/rest/api/storageservices/authorize-with-shared-key
 *
 * @param key In base64, as the portal shows it.
 * @param headers Names in lower case, `content-length` among them.
 */
export function sharedKeyAuthorization(
  account: string,
  key: string,
  method: string,
  url: string,
  headers: Readonly<Record<string, string>>,
): string {
  const { pathname, searchParams } = new URL(url);
  const standard = STANDARD.map((name) => {
    const value = headers[name] ?? '';
    return name === 'content-length' && value === '0' ? '' : value;
  });
  const own = Object.keys(headers)
    .filter((name) => name.startsWith('x-ms-'))
    .sort()
    .map((name) => `${name}:${headers[name]!.trim()}`);
  const query = [...searchParams.keys()]
    .map((name) => name.toLowerCase())
    .sort()
    .map((name) => `${name}:${searchParams.getAll(name).join(',')}`);
  const text = [method, ...standard, ...own, `/${account}${pathname}`, ...query].join('\n');
  const signature = createHmac('sha256', Buffer.from(key, 'base64')).update(text, 'utf8').digest('base64');
  return `SharedKey ${account}:${signature}`;
}
