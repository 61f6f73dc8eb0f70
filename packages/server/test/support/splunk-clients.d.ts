/** What the tests use of Splunk's clients, which come without types. */
declare module 'splunk-logging' {
  export class Logger {
    constructor(config: { token: string; url: string; maxBatchCount?: number });
    error: (error: Error & { code?: number }) => void;
    send(context: { message: unknown; severity?: string; metadata?: Record<string, unknown> }): void;
    flush(callback: (error: Error | null, response: unknown, body: unknown) => void): void;
  }
}

declare module 'winston-splunk-httplogger' {
  import type { transport } from 'winston';

  const SplunkStreamEvent: new (config: { splunk: { token: string; url: string } }) => transport;
  export default SplunkStreamEvent;
}
