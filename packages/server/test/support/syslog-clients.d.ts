/** What the tests use of clients that come without types. */
declare module 'syslog-client' {
  import type { EventEmitter } from 'node:events';

  interface Client extends EventEmitter {
    log(message: string, options: object, callback: (error?: Error | null) => void): this;
    close(): this;
  }
  const client: {
    createClient(host: string, options: object): Client;
    Transport: { Udp: number; Tcp: number };
    Facility: { Local0: number };
    Severity: { Error: number };
  };
  export default client;
}

declare module 'winston-syslog' {
  import type Transport from 'winston-transport';

  export interface SyslogTransportOptions {
    host: string;
    port: number;
    protocol: string;
    type: string;
    app_name: string;
    localhost?: string;
    eol?: string;
    protocolOptions?: object;
  }
  export class Syslog extends Transport {
    constructor(options: SyslogTransportOptions);
  }
}
