/** The environment variables that count, read here and nowhere else. An empty one counts as not set. */
export interface Environment {
  url: string | undefined;
  apiKey: string | undefined;
  service: string | undefined;
  level: string | undefined;
  levels: string | undefined;
  format: string | undefined;
  environment: string | undefined;
}

export function readEnvironment(): Environment {
  const { env } = process;
  return {
    url: env.TAILWATER_URL || env.OTEL_EXPORTER_OTLP_ENDPOINT || undefined,
    apiKey: env.TAILWATER_API_KEY || undefined,
    service: env.OTEL_SERVICE_NAME || undefined,
    level: env.LOG_LEVEL || undefined,
    levels: env.LOG_LEVELS || undefined,
    format: env.LOG_FORMAT || undefined,
    environment: env.NODE_ENV || undefined,
  };
}

/** For a child of ours that must not load what the program's options name. */
export const childEnvironment = (): NodeJS.ProcessEnv => ({ ...process.env, NODE_OPTIONS: '' });
