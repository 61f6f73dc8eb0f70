import { Writable } from 'node:stream';
import type { EmitEvent, Severity, Tailwater } from '../types.ts';
import { eventOf } from './foreign.ts';

export interface WinstonOptions {
  /** The least severe level that is emitted, in the logger's own words. Default: the logger's. */
  level?: string;
  silent?: boolean;
  handleExceptions?: boolean;
  handleRejections?: boolean;
}

/** What winston writes to its transports. */
type Info = Record<string | symbol, unknown>;

/** As much of winston's logger as is needed here. */
interface WinstonLogger {
  level?: string;
  levels?: Readonly<Record<string, number>>;
}

const LEVEL = Symbol.for('level');

/** Of npm's, syslog's and cli's levels; others are info. */
const SEVERITIES: Readonly<Record<string, Severity>> = {
  emerg: 'critical',
  alert: 'critical',
  crit: 'critical',
  critical: 'critical',
  fatal: 'critical',
  error: 'error',
  warn: 'warn',
  warning: 'warn',
  notice: 'info',
  info: 'info',
  verbose: 'debug',
  debug: 'debug',
  silly: 'debug',
  trace: 'debug',
};

/**
 * Transport for winston 3: `new TailwaterTransport(tailwater)`. It is the stream that winston asks of a transport
 * (https://github.com/winstonjs/winston-transport), so that nothing needs to be installed for it.
 */
export class TailwaterTransport extends Writable {
  // Not there without a value, as winston's own type has it.
  level?: string;
  silent: boolean;
  handleExceptions: boolean;
  handleRejections: boolean;
  private readonly tailwater: Tailwater;
  private parent: WinstonLogger | undefined;

  constructor(tailwater: Tailwater, options: WinstonOptions = {}) {
    super({ objectMode: true });
    this.tailwater = tailwater;
    if (options.level !== undefined) this.level = options.level;
    this.silent = options.silent ?? false;
    this.handleExceptions = options.handleExceptions ?? false;
    this.handleRejections = options.handleRejections ?? false;
    this.once('pipe', (logger: WinstonLogger) => {
      this.parent = logger;
    });
  }

  /** winston calls it, or the stream's `write`; never both. */
  log(info: Info, next: () => void): void {
    if (!this.silent) this.tailwater.emit(eventOfInfo(info));
    next();
  }

  override _write(info: Info, _encoding: BufferEncoding, callback: () => void): void {
    if (this.accepts(info)) this.log(info, callback);
    else callback();
  }

  /** Its `finish` comes when the server has what was written, or it took too long. */
  override _final(callback: () => void): void {
    void this.tailwater.flush().then(callback, callback);
  }

  private accepts(info: Info): boolean {
    if (info.exception === true && !this.handleExceptions) return false;
    if (info.rejection === true && !this.handleRejections) return false;
    const { levels = {}, level: parentLevel = '' } = this.parent ?? {};
    const least = levels[this.level ?? parentLevel];
    const own = levels[String(info[LEVEL])];
    return least === undefined || own === undefined || own <= least;
  }
}

function eventOfInfo(info: Info): EmitEvent {
  const { level, message, stack, timestamp, ...members } = info;
  const event = eventOf(Object.entries(members));
  const name = String(info[LEVEL] ?? level);
  event.severity = Object.hasOwn(SEVERITIES, name) ? SEVERITIES[name] : 'info';
  event.message = message instanceof Error ? message.message : String(message ?? '');
  const time = typeof timestamp === 'string' || typeof timestamp === 'number' ? new Date(timestamp) : undefined;
  // Formats may write times that only people read: then the time of the call counts.
  if (time !== undefined && !Number.isNaN(time.getTime())) event.timestamp = time;
  else if (timestamp !== undefined) event.metadata.timestamp = timestamp;
  const error = info instanceof Error ? info : message;
  if (error instanceof Error) event.metadata.exception = error;
  else if (typeof stack === 'string') event.metadata.exception = { message: event.message, stacktrace: stack };
  return event;
}
