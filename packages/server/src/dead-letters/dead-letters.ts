import { PermanentError } from '../runtime/errors.ts';
import type { FramePlace, Letter, LetterSummary } from './letter.ts';
import type { DeadLetterStore, ListOptions } from './store.ts';

/** What became of the events of a letter that was sent again. */
export interface Replayed {
  accepted: number;
  rejectedCount: number;
  rejections: Letter['rejections'];
  rejectedIndexes: readonly number[];
}

type WithBody = Letter & { body: Buffer };

export interface DeadLetterOptions<Who> {
  /** Letters of requests that were refused, whole or in part. */
  requests: DeadLetterStore;
  /** Letters of frames that the event store refused. Their events were acknowledged: they are here and nowhere else. */
  frames: DeadLetterStore;
  /** Letters of events that a destination refused for good. They are delivered nowhere else. */
  undelivered: DeadLetterStore;
  /** Sends a letter's body through ingest, of its events only those at `letter.indexes`. Rejects like any request. */
  submit(who: Who, letter: WithBody): Promise<Replayed>;
  /** Inserts a frame into the event store, once however often it is called. Resolves with how many events were new. */
  insertFrame(letter: WithBody, frame: FramePlace): Promise<number>;
  /** Sends a letter's events to the destination that refused them. `rejectedIndexes` are lines of the body. */
  redeliver(letter: WithBody): Promise<Replayed>;
}

/** Dead letters as the API sees them. What is another org's is not there. */
export class DeadLetters<Who extends { orgId: string }> {
  private readonly options: DeadLetterOptions<Who>;
  private readonly underWay = new Set<string>();

  constructor(options: DeadLetterOptions<Who>) {
    this.options = options;
  }

  async list(orgId: string, options: ListOptions): Promise<LetterSummary[]> {
    const all = (await Promise.all(this.stores().map((store) => store.list(orgId, options)))).flat();
    return all.sort((a, b) => (a.id < b.id ? 1 : -1)).slice(0, options.limit);
  }

  /** @throws PermanentError `not_found`. */
  async get(orgId: string, id: string): Promise<Letter> {
    return (await this.find(orgId, id)).letter;
  }

  private stores(): DeadLetterStore[] {
    const { requests, frames, undelivered } = this.options;
    return [requests, frames, undelivered];
  }

  private async find(orgId: string, id: string): Promise<{ letter: Letter; store: DeadLetterStore }> {
    for (const store of this.stores()) {
      const letter = await store.get(orgId, id);
      if (letter !== null) return { letter, store };
    }
    throw notFound();
  }

  /** @throws PermanentError `not_found`. */
  async remove(orgId: string, id: string): Promise<void> {
    for (const store of this.stores()) if (await store.remove(orgId, id)) return;
    throw notFound();
  }

  /**
   * Sends it again. What is accepted leaves the letter, so that it is not taken twice; a letter of which nothing is left
   * is removed. After a crash between the two a request can be sent twice; a frame is in the store once whatever happens.
   * @throws PermanentError `not_found` or `conflict`, and whatever refuses the body as a whole.
   */
  async replay(who: Who, id: string): Promise<Replayed> {
    const { orgId } = who;
    const name = `${orgId}/${id}`;
    if (this.underWay.has(name)) throw new PermanentError('conflict', 'this letter is being sent again already');
    this.underWay.add(name);
    try {
      const { letter, store } = await this.find(orgId, id);
      const { body, frame } = letter;
      if (body === null) throw new PermanentError('conflict', `this letter cannot be replayed: ${letter.notKept}`);
      if (store === this.options.undelivered) return await this.redeliver({ ...letter, body });
      if (frame === null) return await this.replayRequest(who, { ...letter, body });
      return await this.replayFrame({ ...letter, body }, frame);
    } finally {
      this.underWay.delete(name);
    }
  }

  private async replayRequest(who: Who, letter: WithBody): Promise<Replayed> {
    const { requests, submit } = this.options;
    const replayed = await submit(who, letter);
    const { accepted, rejectedCount, rejections, rejectedIndexes } = replayed;
    if (rejectedCount === 0) await requests.remove(letter.orgId, letter.id);
    else if (accepted > 0) await requests.keep({ ...letter, rejectedCount, rejections, indexes: rejectedIndexes });
    return replayed;
  }

  private async redeliver(letter: WithBody): Promise<Replayed> {
    const { undelivered, redeliver } = this.options;
    const redelivered = await redeliver(letter);
    const { rejectedCount, rejections, rejectedIndexes } = redelivered;
    if (rejectedCount === 0) await undelivered.remove(letter.orgId, letter.id);
    else {
      const lines = letter.body.toString().split('\n');
      const body = Buffer.from(rejectedIndexes.map((index) => lines[index]).join('\n'));
      await undelivered.keep({ ...letter, rejectedCount, rejections, body, bytes: body.length });
    }
    return redelivered;
  }

  private async replayFrame(letter: WithBody, frame: FramePlace): Promise<Replayed> {
    const accepted = await this.options.insertFrame(letter, frame);
    await this.options.frames.remove(letter.orgId, letter.id);
    return { accepted, rejectedCount: 0, rejections: [], rejectedIndexes: [] };
  }
}

const notFound = () => new PermanentError('not_found', 'there is no such dead letter in this org');
