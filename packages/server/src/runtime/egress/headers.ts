import { PermanentError } from '../errors.ts';

/** Made by the connection itself, or read by what stands between; a user's own would smuggle a second request. */
const OURS =
  /^(host|content-length|transfer-encoding|connection|keep-alive|upgrade|te|trailer|expect|forwarded|via|proxy-.*|x-forwarded-.*|x-real-ip|metadata|metadata-flavor|x-aws-ec2-metadata-token.*)$/i;
const NAME = /^[!#$%&'*+.^_`|~\w-]{1,256}$/;
/** RFC 9110 §5.5, without obs-text: bytes above 127 are read differently by everyone. */
const VALUE = /^[\t\x20-\x7e]*$/;
const VALUE_CHARS_MAX = 16 * 2 ** 10;

/** The headers, if all of them may be set. Throws PermanentError `invalid_field`, without the value. */
export function checkHeaders(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  for (const [name, value] of Object.entries(headers)) {
    const field = `headers.${name.slice(0, 64).replace(/[^\w-]/g, '?')}`;
    if (!NAME.test(name)) throw new PermanentError('invalid_field', 'expected the name of a header', field);
    if (OURS.test(name)) throw new PermanentError('invalid_field', 'this header cannot be set', field);
    if (!VALUE.test(value) || value.length > VALUE_CHARS_MAX) {
      throw new PermanentError('invalid_field', 'expected one line of ASCII of at most 16 KiB', field);
    }
  }
  return headers;
}
