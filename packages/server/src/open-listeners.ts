import { isOpenMode } from './config.ts';
import type { Parts } from './parts.ts';
import type { ListenerContext, Receiver, ReceiverListener } from './receivers/receiver.ts';
import { listenerDecoder, RECEIVERS } from './receivers/registry.ts';
import { isKnownError, RetryableError } from './runtime/errors.ts';

/**
 * Opens the receivers' own ports and loops, as the configuration says. Resolves with the ports by `receiver.listener`.
 * Rejects, naming the port, when one that was asked for cannot be opened.
 */
export async function openListeners(parts: Parts): Promise<Record<string, number>> {
  const ports: Record<string, number> = {};
  for (const receiver of RECEIVERS) {
    for (const listener of receiver.listeners ?? []) {
      const open = await listener.open(contextOf(parts, receiver, listener));
      if (open === null) continue;
      const name = `${receiver.id}.${listener.id}`;
      parts.runner.defer(name, () => open.close());
      if (open.port !== null) ports[name] = open.port;
    }
  }
  return ports;
}

function contextOf(parts: Parts, receiver: Receiver, listener: ReceiverListener): ListenerContext {
  const { config, admission, ingest, telemetry, log, paths } = parts;
  const decoder = listenerDecoder(receiver.id, listener.id);
  const about = { receiver: receiver.id, path: listener.id, status: null };
  return {
    config: config.receivers,
    host: config.receivers.host ?? config.http.host,
    limits: config.limits,
    openMode: isOpenMode(config),
    stateDir: `${paths.dataDir}/receivers/${receiver.id}`,
    async accept({ body, format, encodings = ['identity'], query = '', secret, remoteAddress }) {
      const at = { ...about, remoteAddress: remoteAddress ?? '' };
      let orgId: string | null = null;
      // Copied: the body itself goes to the worker.
      const first = Buffer.from(body.subarray(0, 512));
      try {
        const sender = await admission.authorize({ headers: null, secret, remoteAddress });
        admission.checkRoute(sender, false, undefined);
        orgId = sender.orgId;
        const request = { format, query, params: {}, receivedAtMs: Date.now() };
        const receipt = await admission.submit(sender, { decoder, receiver: receiver.id, body, encodings, request });
        telemetry.countAnswer(receiver.id, 200, receipt.rejectedCount);
        if (receipt.rejectedCount > 0) {
          const { code = 'invalid_body', error = '' } = receipt.rejections.at(0) ?? {};
          admission.note({ ...at, orgId, code, reason: error, rejectedEvents: receipt.rejectedCount, body: first });
        }
        return receipt;
      } catch (caught) {
        if (!isKnownError(caught)) log.error({ err: caught, receiver: receiver.id }, 'a message failed');
        const error = isKnownError(caught) ? caught : new RetryableError('overloaded', 'a fault of the server', 1000);
        telemetry.countAnswer(receiver.id, error.status, 0);
        admission.note({ ...at, orgId, code: error.code, reason: error.message, rejectedEvents: null, body: first });
        throw error;
      }
    },
    hold: (bytes) => ingest.hold(bytes),
    release: (bytes) => ingest.release(bytes),
    count: (reason, by = 1) => telemetry.countListener(receiver.id, reason, by),
    note: ({ remoteAddress, code, reason, firstBytes = null }) =>
      admission.note({ ...about, orgId: null, remoteAddress, code, reason, rejectedEvents: null, body: firstBytes }),
    warn: (fields, message) => log.warn({ receiver: receiver.id, ...fields }, message),
  };
}
