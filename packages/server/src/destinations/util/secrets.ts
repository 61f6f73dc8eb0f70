import { PermanentError } from '../../runtime/errors.ts';

type Secrets = Readonly<Record<string, string>>;

/** Shorter ones would blot out words that happen to hold them. */
const SECRET_LENGTH_MIN = 4;

/** The secret. Throws PermanentError `destination_unauthorized` when it is not set. */
function givenSecret(secrets: Secrets, name: string): string {
  const secret = secrets[name]?.trim() ?? '';
  if (secret === '') throw new PermanentError('destination_unauthorized', `\`${name}\` is not set.`, name);
  return secret;
}

/** What HTTP's Basic sends. Throws as `secretOf`, but takes any character. */
export function basicOf(username: string, secrets: Secrets, name: string): string {
  return Buffer.from(`${username}:${givenSecret(secrets, name)}`).toString('base64');
}

/** The secret. Throws PermanentError `destination_unauthorized` when it is not set, or is none that a header can hold. */
export function secretOf(secrets: Secrets, name: string): string {
  const secret = givenSecret(secrets, name);
  if (/[^\x20-\x7e]/.test(secret)) {
    throw new PermanentError('destination_unauthorized', `\`${name}\` holds characters that no header can.`, name);
  }
  return secret;
}

/** Takes secrets out of texts that others wrote, in the forms in which requests carry them. */
export function secretStripper(secrets: Readonly<Record<string, string | undefined>>): (text: string) => string {
  const forms = Object.values(secrets).flatMap((secret) => (secret === undefined ? [] : formsOf(secret)));
  // The longest first: one may hold another.
  const known = [...new Set(forms)].filter((form) => form.length >= SECRET_LENGTH_MIN);
  known.sort((a, b) => b.length - a.length);
  return (text) => known.reduce((stripped, form) => stripped.replaceAll(form, '***'), text);
}

function formsOf(secret: string): string[] {
  const trimmed = secret.trim();
  const base64 = Buffer.from(trimmed).toString('base64');
  const lines = trimmed.split(/\r?\n/).filter((line) => line.length > 16 && !line.startsWith('-----'));
  return [secret, trimmed, encodeURIComponent(trimmed), JSON.stringify(trimmed).slice(1, -1), base64, ...lines];
}
