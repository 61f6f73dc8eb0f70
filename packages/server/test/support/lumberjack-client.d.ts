/** lumberjack-client has no types of its own. */
declare module 'lumberjack-client' {
  import type { Socket } from 'node:net';

  export default class LumberjackClient {
    constructor(options: object, tls?: boolean);
    log(event: object): void;
    socket?: Socket;
  }
}
