import { chmodSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { CliError, EXIT } from './cli-error.ts';
import { isObject } from './json.ts';

/** A server that is named, with the key for it. */
export interface Profile {
  url: string;
  apiKey?: string;
  org?: string;
}

export interface Profiles {
  /** The name used where none is given; null for none. */
  current: string | null;
  profiles: Record<string, Profile>;
}

/** Others on this machine must not read the keys. */
const MODE = 0o600;

/** The profiles in a file, none when there is no file. @throws CliError when it is no such file, or others may read it. */
export function readProfiles(path: string): Profiles {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return { current: null, profiles: {} };
    throw new CliError(
      EXIT.usage,
      `the profiles in ${path} cannot be read: ${error instanceof Error ? error.message : error}`,
    );
  }
  if (process.platform !== 'win32' && (statSync(path).mode & 0o077) !== 0) {
    throw new CliError(EXIT.usage, `${path} holds API keys and others may read it: \`chmod 600 ${path}\``);
  }
  return parse(text, path);
}

function parse(text: string, path: string): Profiles {
  const wrong = () =>
    new CliError(EXIT.usage, `${path} is no file of profiles: make it anew with \`tailwater profile add\``);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw wrong();
  }
  if (!isObject(value) || !isObject(value.profiles)) throw wrong();
  const profiles: Record<string, Profile> = {};
  for (const [name, profile] of Object.entries(value.profiles)) {
    if (!isObject(profile) || typeof profile.url !== 'string') throw wrong();
    profiles[name] = {
      url: profile.url,
      ...(typeof profile.apiKey === 'string' && { apiKey: profile.apiKey }),
      ...(typeof profile.org === 'string' && { org: profile.org }),
    };
  }
  return { current: typeof value.current === 'string' ? value.current : null, profiles };
}

/** Replaces the file as a whole: one that breaks off leaves the old one. */
export function writeProfiles(path: string, profiles: Profiles): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const temporary = `${path}.${process.pid}.tmp`;
  writeFileSync(temporary, `${JSON.stringify(profiles, null, 2)}\n`, { mode: MODE });
  chmodSync(temporary, MODE);
  renameSync(temporary, path);
}

/** The profile of a name, or the current one; null when neither is. @throws CliError for a name that is none. */
export function profileOf({ current, profiles }: Profiles, name: string | undefined): Profile | null {
  const wanted = name ?? current;
  if (wanted === null) return null;
  const profile = Object.hasOwn(profiles, wanted) ? profiles[wanted] : undefined;
  if (profile !== undefined) return profile;
  const known = Object.keys(profiles).join(', ') || 'none yet';
  throw new CliError(EXIT.usage, `there is no profile \`${wanted}\` (there are: ${known})`);
}
