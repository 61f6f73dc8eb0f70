import { isOpenMode } from './config.ts';
import type { Parts } from './parts.ts';
import type { ListenerContext, ListenerMessage, Receiver, ReceiverListener } from './receivers/receiver.ts';
import { listenerDecoder, RECEIVERS } from './receivers/registry.ts';
import { rejectionReason } from './receivers/util/rejection.ts';
import { isKnownError, RetryableError } from './runtime/errors.ts';
import type { OwnLog } from './runtime/own-log.ts';
import type { Telemetry } from './runtime/telemetry.ts';

/**
 * Opens the receivers' own ports and loops, as the configuration says. Resolves with the ports by `receiver.listener`.
 * Rejects, naming the port, when one that was asked for cannot be opened.
 */
export async function openListeners(parts: Parts): Promise<Record<string, number>> {
  const ports: Record<string, number> = {};
  for (const receiver of RECEIVERS) {
    let isOpen = false;
    for (const listener of receiver.listeners ?? []) {
      const open = await listener.open(listenerContext(parts, receiver, listener));
      if (open === null) continue;
      const name = `${receiver.id}.${listener.id}`;
      parts.runner.defer(name, () => open.close());
      if (open.port !== null) ports[name] = open.port;
      isOpen = true;
    }
    if (isOpen) await warnOfKey(parts, receiver);
  }
  return ports;
}

/** Tells at the start, not with the first message, that the key in the configuration opens nothing. */
async function warnOfKey({ config, admission, log }: Parts, { id }: Receiver): Promise<void> {
  const own = Object.entries(config.receivers).find(([name]) => name === id)?.[1];
  if (typeof own !== 'object' || !('apiKey' in own) || own.apiKey === undefined) return;
  try {
    const sender = await admission.authorize({ headers: null, secret: own.apiKey, remoteAddress: undefined });
    admission.checkRoute(sender, false, undefined);
  } catch (caught) {
    if (!isKnownError(caught)) throw caught;
    const message = `receivers.${id}.apiKey opens nothing: all that comes will be refused`;
    log.warn({ receiver: id, reason: caught.message }, message);
  }
}

interface RefusedAt {
  remoteAddress: string;
  orgId: string | null;
  body: Buffer | null;
}

/** Of the program's parts those that listeners need. */
export interface ListenerParts extends Pick<Parts, 'config' | 'admission' | 'ingest' | 'paths' | 'producers'> {
  telemetry: Pick<Telemetry, 'countAnswer' | 'countListener'>;
  log: Pick<OwnLog, 'warn' | 'error'>;
}

/** What a listener is given. `accept` finds out whose the message is, and notes what was refused. */
export function listenerContext(parts: ListenerParts, receiver: Receiver, listener: ReceiverListener): ListenerContext {
  const { config, admission, ingest, telemetry, log, paths, producers } = parts;
  const decoder = listenerDecoder(receiver.id, listener.id);
  const about = { receiver: receiver.id, path: listener.id, status: null };
  const authorize = async ({ secret, remoteAddress }: Pick<ListenerMessage, 'secret' | 'remoteAddress'>) => {
    const sender = await admission.authorize({ headers: null, secret, remoteAddress });
    admission.checkRoute(sender, false, undefined);
    return sender;
  };
  /** Counts and notes why something was refused, and answers what to throw. */
  const refusal = async (caught: unknown, at: RefusedAt, secret: string | null) => {
    if (!isKnownError(caught)) log.error({ err: caught, receiver: receiver.id }, 'a message failed');
    const error = isKnownError(caught) ? caught : new RetryableError('overloaded', 'a fault of the server', 1000);
    telemetry.countAnswer(receiver.id, error.status, 0);
    const orgId = at.orgId ?? (await admission.orgOfRefused(error.code, { headers: null, secret }));
    admission.note({ ...about, ...at, orgId, code: error.code, reason: error.message, rejectedEvents: null });
    return error;
  };
  return {
    config: config.receivers,
    host: config.receivers.host ?? config.http.host,
    limits: config.limits,
    openMode: isOpenMode(config),
    stateDir: `${paths.dataDir}/receivers/${receiver.id}`,
    async check(sender) {
      try {
        await authorize(sender);
      } catch (caught) {
        const { secret, remoteAddress = '' } = sender;
        throw await refusal(caught, { remoteAddress, orgId: null, body: null }, secret);
      }
    },
    async accept({ body, format, encodings = ['identity'], query = '', secret, remoteAddress, sequence }) {
      // Copied: the body itself goes to the worker.
      const at: RefusedAt = {
        remoteAddress: remoteAddress ?? '',
        orgId: null,
        body: Buffer.from(body.subarray(0, 512)),
      };
      try {
        const sender = await authorize({ secret, remoteAddress });
        at.orgId = sender.orgId;
        const request = { format, query, params: {}, receivedAtMs: Date.now() };
        const task = { decoder, receiver: receiver.id, body, encodings, request, mustKeep: true, sequence };
        const receipt = await admission.submit(sender, task);
        telemetry.countAnswer(receiver.id, 200, receipt.rejectedCount);
        if (receipt.rejectedCount > 0) {
          const first = receipt.rejections.at(0);
          const code = first?.code ?? 'invalid_body';
          const reason = first === undefined ? '' : rejectionReason(first);
          admission.note({ ...about, ...at, code, reason, rejectedEvents: receipt.rejectedCount });
        }
        return receipt;
      } catch (caught) {
        throw await refusal(caught, at, secret);
      }
    },
    missing: async (sender, range) => producers.missing((await authorize(sender)).orgId, range),
    hold: (bytes) => ingest.hold(bytes),
    release: (bytes) => ingest.release(bytes),
    count: (reason, by = 1) => telemetry.countListener(receiver.id, reason, by),
    note: ({ remoteAddress, code, reason, firstBytes = null }) =>
      admission.note({ ...about, orgId: null, remoteAddress, code, reason, rejectedEvents: null, body: firstBytes }),
    warn: (fields, message) => log.warn({ receiver: receiver.id, ...fields }, message),
  };
}
