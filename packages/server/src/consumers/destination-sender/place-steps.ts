import { TLSSocket } from 'node:tls';
import type { TestStep } from '../../destinations/destination.ts';
import type { Egress, EgressTarget } from '../../runtime/egress/egress.ts';
import { describeConnectionFailure } from '../../runtime/egress/failures.ts';
import { isKnownError, PermanentError } from '../../runtime/errors.ts';

/** Signatures and tokens of most vendors are refused beyond five minutes; a warning comes earlier. */
const SKEW_MS_TOLD = 60_000;

/**
 * An egress that, before it first speaks to a place, tries the way there and tells of it as steps `address` and
 * `connection`. When a step fails it calls `onFailed` and throws; what the destination makes of that is of no use.
 * A clock that differs is told as step `clock`.
 */
export function placesTold(egress: Egress, report: (step: TestStep) => void, onFailed: () => void): Egress {
  const tried = new Map<string, Promise<void>>();
  const tryOnce = (target: EgressTarget) => {
    const name = `${target.host}:${target.port}`;
    const trying = tried.get(name) ?? tryPlace(egress, target, report, onFailed);
    tried.set(name, trying);
    return trying;
  };
  let isClockTold = false;
  return {
    async request(request) {
      // A proxy is another place, which the request itself tells of.
      if (request.proxy === undefined && URL.canParse(request.url)) {
        const { hostname, protocol, port } = new URL(request.url);
        const isTls = protocol === 'https:';
        const defaultPort = isTls ? 443 : 80;
        const host = hostname.replace(/^\[(.*)\]$/, '$1');
        await tryOnce({
          host,
          port: port === '' ? defaultPort : Number(port),
          tls: isTls ? (request.tls ?? {}) : null,
          signal: request.signal,
        });
      }
      const response = await egress.request(request);
      const step = isClockTold ? null : clockStep(response.headers.date);
      isClockTold ||= step !== null;
      if (step !== null) report(step);
      return response;
    },
    async connect(target) {
      await tryOnce(target);
      return egress.connect(target);
    },
    check: (target) => egress.check(target),
    // It is the thread's, not the destination's.
    close: () => Promise.resolve(),
  };
}

async function tryPlace(
  egress: Egress,
  target: EgressTarget,
  report: (step: TestStep) => void,
  onFailed: () => void,
): Promise<void> {
  const place = `${target.host}:${target.port}`;
  try {
    await egress.check(place);
    report({ name: 'address', ok: true, detail: `${place} may be spoken to` });
    const socket = await egress.connect(target);
    report({ name: 'connection', ok: true, detail: `connected to ${place}${certificateOf(socket)}` });
    socket.destroy();
  } catch (error) {
    if (target.signal.aborted) throw error;
    report(failureStep(error, place));
    onFailed();
    throw error;
  }
}

function failureStep(error: unknown, place: string): TestStep {
  const detail = isKnownError(error) ? error.message : `no connection to ${place}`;
  if (error instanceof PermanentError) {
    const advice =
      error.code === 'egress_denied'
        ? 'Use an address that is allowed, or have an operator add it to egress.allow.'
        : 'Set this anew: certificates and keys as PEM texts, whole.';
    const isTls = error.field === 'tls';
    return { name: isTls ? 'tls' : 'address', ok: false, detail, field: isTls ? 'ca' : (error.field ?? 'url'), advice };
  }
  return { name: 'connection', ok: false, detail, field: 'url', advice: describeConnectionFailure(error).advice };
}

function certificateOf(socket: unknown): string {
  if (!(socket instanceof TLSSocket)) return ', without TLS';
  const { subject, valid_to: validTo } = socket.getPeerCertificate();
  const name = subject === undefined ? '' : ` of ${String(subject.CN ?? 'no name')}`;
  return `, ${socket.getProtocol() ?? 'TLS'}, certificate${name} valid until ${validTo}`;
}

function clockStep(date: string | undefined): TestStep | null {
  const theirMs = Date.parse(date ?? '');
  const skewMs = theirMs - Date.now();
  if (Number.isNaN(theirMs) || Math.abs(skewMs) < SKEW_MS_TOLD) return null;
  const detail = `its clock differs from this server's by ${Math.round(skewMs / 1000)} s`;
  return {
    name: 'clock',
    ok: true,
    detail,
    advice: 'Set the clocks by NTP: signatures expire, and events lie in the future.',
  };
}
