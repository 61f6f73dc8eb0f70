/** Most channels an org has at a time: the one unused for longest makes room. */
const CHANNELS_MAX = 1000;
/** Most acknowledgements a channel keeps that were not asked for: the oldest make room. */
const PENDING_MAX = 10_000;
/** Splunk's `maxIdleTime`. */
const IDLE_MS = 600_000;

/** Of the last PENDING_MAX ids, a bit each: set once it was told. */
interface Channel {
  told: Uint8Array;
  next: number;
  usedAtMs: number;
}

/**
 * Which acknowledgements were handed out by channel, and not told yet. Events are durable before their id is handed
 * out, so that an id is true from the beginning; it is told once, as Splunk does. What is forgotten reads as false: the
 * client sends again, and nothing is lost.
 */
export class AckChannels {
  /** Per org, the channel used last at the end. */
  private readonly orgs = new Map<string, Map<string, Channel>>();
  private sweptAtMs = 0;

  /** A new id of the channel. */
  add(orgId: string, name: string, nowMs: number): number {
    this.sweep(nowMs);
    let channels = this.orgs.get(orgId);
    if (channels === undefined) {
      channels = new Map();
      this.orgs.set(orgId, channels);
    }
    const channel = channels.get(name) ?? { told: new Uint8Array(PENDING_MAX / 8), next: 0, usedAtMs: 0 };
    use(channels, name, channel, nowMs);
    if (channels.size > CHANNELS_MAX) channels.delete(channels.keys().next().value!);
    const id = channel.next++;
    channel.told[byteOf(id)] &= ~bitOf(id);
    return id;
  }

  /** Whether the id's events are durable, which is told once. */
  take(orgId: string, name: string, ids: readonly number[], nowMs: number): boolean[] {
    this.sweep(nowMs);
    const channels = this.orgs.get(orgId);
    const channel = channels?.get(name);
    if (channels === undefined || channel === undefined) return ids.map(() => false);
    use(channels, name, channel, nowMs);
    return ids.map((id) => {
      const isKept = id >= 0 && id < channel.next && id >= channel.next - PENDING_MAX;
      if (!isKept || (channel.told[byteOf(id)] & bitOf(id)) !== 0) return false;
      channel.told[byteOf(id)] |= bitOf(id);
      return true;
    });
  }

  private sweep(nowMs: number): void {
    if (nowMs - this.sweptAtMs < IDLE_MS / 10) return;
    this.sweptAtMs = nowMs;
    for (const [orgId, channels] of this.orgs) {
      for (const [name, { usedAtMs }] of channels) {
        if (nowMs - usedAtMs < IDLE_MS) break;
        channels.delete(name);
      }
      if (channels.size === 0) this.orgs.delete(orgId);
    }
  }
}

function use(channels: Map<string, Channel>, name: string, channel: Channel, nowMs: number): void {
  channel.usedAtMs = nowMs;
  channels.delete(name);
  channels.set(name, channel);
}

const byteOf = (id: number) => (id % PENDING_MAX) >> 3;
const bitOf = (id: number) => 1 << ((id % PENDING_MAX) & 7);
