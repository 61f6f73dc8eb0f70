/** The environment of the client commands, read here and nowhere else. `tailwater serve` has its own configuration. */
export interface ClientEnvironment {
  url: string | undefined;
  apiKey: string | undefined;
}

export function readEnvironment(): ClientEnvironment {
  // An empty variable counts as not set, as Compose's `${NAME:-}` makes it.
  return { url: process.env.TAILWATER_URL || undefined, apiKey: process.env.TAILWATER_API_KEY || undefined };
}
