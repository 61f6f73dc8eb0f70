import { pino } from 'pino';

/** The server's own messages, on stderr: stdout carries the ready line and nothing else. */
export interface OwnLog {
  debug(details: Record<string, unknown>, message: string): void;
  info(details: Record<string, unknown>, message: string): void;
  warn(details: Record<string, unknown>, message: string): void;
  error(details: Record<string, unknown>, message: string): void;
  /**
   * What people at a terminal are told in other words, by the welcome and by a prompt that is back: here it is of level
   * debug, as an event of level info.
   */
  milestone(details: Record<string, unknown>, message: string): void;
}

/** `text` is one line a message for people, `json` pino's form. */
export function createOwnLog({ level, format }: { level: string; format: 'json' | 'text' }): OwnLog {
  const lines = { write: (line: string) => process.stderr.write(asText(line)) };
  const destination = format === 'json' ? pino.destination({ dest: 2, sync: true }) : lines;
  const log = pino({ level, base: null }, destination);
  return {
    debug: (...said) => log.debug(...said),
    info: (...said) => log.info(...said),
    warn: (...said) => log.warn(...said),
    error: (...said) => log.error(...said),
    milestone: (...said) => log.debug(...said),
  };
}

function asText(line: string): string {
  const { level, time, msg, err, ...details } = JSON.parse(line) as Record<string, unknown>;
  const name = pino.levels.labels[Number(level)] ?? 'info';
  const pairs = Object.entries(details).map(([key, value]) => ` ${key}=${JSON.stringify(value)}`);
  const stack = isErrorLike(err) ? `\n  ${err.stack ?? err.message}` : '';
  return `${new Date(Number(time)).toISOString()} ${name.padEnd(5)} ${String(msg)}${pairs.join('')}${stack}\n`;
}

function isErrorLike(value: unknown): value is { message: string; stack?: string } {
  return typeof value === 'object' && value !== null && 'message' in value;
}
