import { homedir } from 'node:os';
import { join } from 'node:path';

/** The environment of the client commands, read here and nowhere else. `tailwater serve` has its own configuration. */
export interface ClientEnvironment {
  url: string | undefined;
  apiKey: string | undefined;
  profile: string | undefined;
  /** The file of profiles. */
  profilesPath: string;
}

export function readEnvironment(): ClientEnvironment {
  // An empty variable counts as not set, as Compose's `${NAME:-}` makes it.
  const { TAILWATER_URL, TAILWATER_API_KEY, TAILWATER_PROFILE, XDG_CONFIG_HOME } = process.env;
  return {
    url: TAILWATER_URL || undefined,
    apiKey: TAILWATER_API_KEY || undefined,
    profile: TAILWATER_PROFILE || undefined,
    profilesPath: join(XDG_CONFIG_HOME || join(homedir(), '.config'), 'tailwater', 'profiles.json'),
  };
}
