import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { GOODBYE_MS, STALLED_MS_MAX } from '../tail/stream.ts';
import { sendTexts } from '../tail/upgrade.ts';

/** As often as Loki: Grafana takes a connection without a ping for dead. */
const PING_INTERVAL_MS = 1000;
/** Internal error: https://www.rfc-editor.org/rfc/rfc6455#section-7.4.1 */
const FAILED = 1011;
const REASON_BYTES_MAX = 123;

/** A reader of Loki's tail. */
export class TailSocket {
  /** Aborts when the connection is closed, by whomever. */
  readonly gone: AbortSignal;
  private readonly webSocket: WebSocket;
  private readonly socket: Duplex;

  constructor(webSocket: WebSocket, socket: Duplex) {
    this.webSocket = webSocket;
    this.socket = socket;
    let aliveAtMs = performance.now();
    webSocket.on('pong', () => {
      aliveAtMs = performance.now();
    });
    // An error is followed by `close`, which is what counts.
    webSocket.on('error', () => {});
    const ping = setInterval(() => {
      if (performance.now() - aliveAtMs > STALLED_MS_MAX) webSocket.terminate();
      else webSocket.ping();
    }, PING_INTERVAL_MS);
    const gone = new AbortController();
    this.gone = gone.signal;
    webSocket.once('close', () => {
      clearInterval(ping);
      gone.abort();
    });
  }

  /** Resolves when the reader has taken the texts, or is gone. */
  send(texts: readonly string[]): Promise<void> {
    return sendTexts(this.webSocket, this.socket, texts);
  }

  /** Ends with a reason that clients show; they do not come back by themselves. */
  fail(reason: string): void {
    this.webSocket.close(FAILED, cut(reason));
    setTimeout(() => this.webSocket.terminate(), GOODBYE_MS).unref();
  }

  /** Ends without a goodbye, as Loki does: it is what Grafana and logcli connect again after. */
  drop(): void {
    this.webSocket.terminate();
  }
}

/** To what a close frame holds, without half a character. */
function cut(reason: string): string {
  const bytes = Buffer.from(reason);
  if (bytes.length <= REASON_BYTES_MAX) return reason;
  let end = REASON_BYTES_MAX;
  while ((bytes[end]! & 0xc0) === 0x80) end--;
  return bytes.toString('utf8', 0, end);
}
