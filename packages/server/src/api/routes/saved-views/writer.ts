import { type Identity, requireScope } from '../../../control/scopes.ts';

/**
 * Views are people's: whoever is signed in may change them, a key only with the scope `admin`.
 * @throws PermanentError `forbidden`
 */
export function requireViewWriter(identity: Identity): void {
  if (identity.sessionEndsAtMs === undefined) requireScope(identity, 'admin');
}
