import { PermanentError } from './errors.ts';

/** What is wrong with an address that could not be listened on, in words for who configured it. `key` names where. */
export function listenError(error: Error, host: string, port: number, key?: string): Error {
  const at = key === undefined ? '' : `${key}: `;
  switch ('code' in error ? error.code : '') {
    case 'EADDRINUSE':
      return new PermanentError('conflict', `${at}port ${port} of ${host} is taken by another program`, key);
    case 'EACCES':
      return new PermanentError('forbidden', `${at}this user may not listen on port ${port}`, key);
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new PermanentError('invalid_field', `${at}${host} is no address of this machine`, key ?? 'http.host');
    default:
      return error;
  }
}
