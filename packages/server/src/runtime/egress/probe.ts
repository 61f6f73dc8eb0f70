import { isIP, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { isKnownError } from '../errors.ts';
import type { ConnectStep } from './dial.ts';
import type { Egress, EgressTls } from './egress.ts';
import { describeConnectionFailure } from './failures.ts';
import type { Goal } from './policy.ts';
import { goalOfUrl, parseTarget, parseUrl } from './target.ts';

/** A step of a connection test, as destinations tell theirs. */
export interface ProbeStep {
  name: string;
  ok: boolean;
  detail: string;
  field?: string;
  advice?: string;
}

export interface ProbeTarget {
  /** URL, or host:port. */
  target: string;
  /** Of a host:port null: plain TCP. A URL says itself whether there is TLS. */
  tls?: EgressTls | null;
  /** The steps are those to the proxy then. */
  proxy?: string;
}

const ORDER: readonly ConnectStep[] = ['address', 'connection', 'tls'];
const DAY_MS = 86_400_000;
/** AWS and Azure refuse requests whose time is 5 (AWS) to 15 minutes off. */
const SKEW_MS_MAX = 300_000;
const NAME_CHARS_MAX = 100;

/** Address, connection and TLS, each as a step; the last one is the one that failed. Never throws. */
export async function probeConnection(egress: Egress, to: ProbeTarget, signal: AbortSignal): Promise<ProbeStep[]> {
  let goal: Goal | null = null;
  try {
    goal = to.proxy === undefined ? parseTarget(to.target) : goalOfUrl(parseUrl(to.proxy, 'proxy'));
    const tls = tlsOf(to);
    await egress.check(to.proxy ?? to.target);
    const { host, port } = goal;
    const socket = await egress.connect({ host, port, tls, signal });
    const steps = stepsUntil(goal, tls === null ? 'connection' : 'tls', socket);
    socket.destroy();
    return steps;
  } catch (error) {
    if (!isKnownError(error)) throw error;
    const { step, detail, advice } = describeConnectionFailure(error);
    const before = goal === null ? [] : stepsUntil(goal, step, null).slice(0, -1);
    const field = to.proxy === undefined ? FIELDS[step] : 'proxy';
    return [...before, { name: step, ok: false, detail, field, advice }];
  }
}

const FIELDS: Record<ConnectStep, string> = { address: 'url', connection: 'url', tls: 'tls' };

function tlsOf({ target, tls = null, proxy }: ProbeTarget): EgressTls | null {
  if (proxy !== undefined) return proxy.startsWith('https:') ? {} : null;
  return target.includes('://') ? (target.startsWith('https:') ? (tls ?? {}) : null) : tls;
}

function stepsUntil({ host, port }: Goal, last: ConnectStep, socket: Socket | null): ProbeStep[] {
  const details = {
    address: isIP(host) === 0 ? `${host} has an address that is allowed` : `${host} is allowed`,
    connection: `${host} takes connections on port ${port}`,
    tls: socket instanceof TLSSocket ? certificateOf(socket) : '',
  };
  return ORDER.slice(0, ORDER.indexOf(last) + 1).map((name) => ({ name, ok: true, detail: details[name] }));
}

/** `TLSv1.3, certificate for logs.example.com by Example CA, 61 days left`. */
function certificateOf(socket: TLSSocket): string {
  const { subject, issuer, valid_to } = socket.getPeerCertificate();
  const name = (of: typeof subject | undefined) => {
    const text = [of?.CN ?? of?.O ?? 'unknown'].flat().join(', ');
    return text.slice(0, NAME_CHARS_MAX).replace(/\p{Cc}/gu, '?');
  };
  const days = Math.floor((Date.parse(valid_to) - Date.now()) / DAY_MS);
  return `${socket.getProtocol() ?? 'TLS'}, certificate for ${name(subject)} by ${name(issuer)}, ${days} days left`;
}

/** How far this machine's clock is ahead of the one that set the `date` header, ms; null when there is none. */
export function clockSkewMs(headers: Readonly<Record<string, string>>, nowMs: number): number | null {
  const theirs = Date.parse(headers.date ?? '');
  return Number.isNaN(theirs) ? null : nowMs - theirs;
}

/** A failed step when the clocks are so far apart that signatures and tokens are refused; else null. */
export function clockStep(headers: Readonly<Record<string, string>>, nowMs: number): ProbeStep | null {
  const skew = clockSkewMs(headers, nowMs);
  if (skew === null || Math.abs(skew) < SKEW_MS_MAX) return null;
  const minutes = Math.round(Math.abs(skew) / 60_000);
  const detail = `the clock of this machine is ${minutes} minutes ${skew > 0 ? 'ahead of' : 'behind'} the destination’s`;
  return { name: 'clock', ok: false, detail, advice: 'Set the clock of this machine, by NTP for instance.' };
}
