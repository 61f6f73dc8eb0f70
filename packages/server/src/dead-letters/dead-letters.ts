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
  /** Sends a letter's body through ingest, of its events only those at `letter.indexes`. Rejects like any request. */
  submit(who: Who, letter: WithBody): Promise<Replayed>;
  /** Inserts a frame into the event store, once however often it is called. Resolves with how many events were new. */
  insertFrame(letter: WithBody, frame: FramePlace): Promise<number>;
}

/** Dead letters as the API sees them. What is another org's is not there. */
export class DeadLetters<Who extends { orgId: string }> {
  private readonly options: DeadLetterOptions<Who>;
  private readonly underWay = new Set<string>();

  constructor(options: DeadLetterOptions<Who>) {
    this.options = options;
  }

  async list(orgId: string, options: ListOptions): Promise<LetterSummary[]> {
    const { requests, frames } = this.options;
    const all = [...(await requests.list(orgId, options)), ...(await frames.list(orgId, options))];
    return all.sort((a, b) => (a.id < b.id ? 1 : -1)).slice(0, options.limit);
  }

  /** @throws PermanentError `not_found`. */
  async get(orgId: string, id: string): Promise<Letter> {
    const { requests, frames } = this.options;
    const letter = (await requests.get(orgId, id)) ?? (await frames.get(orgId, id));
    if (letter === null) throw notFound();
    return letter;
  }

  /** @throws PermanentError `not_found`. */
  async remove(orgId: string, id: string): Promise<void> {
    const { requests, frames } = this.options;
    if ((await requests.remove(orgId, id)) || (await frames.remove(orgId, id))) return;
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
      const letter = await this.get(orgId, id);
      const { body, frame } = letter;
      if (body === null) throw new PermanentError('conflict', `this letter cannot be replayed: ${letter.notKept}`);
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

  private async replayFrame(letter: WithBody, frame: FramePlace): Promise<Replayed> {
    const accepted = await this.options.insertFrame(letter, frame);
    await this.options.frames.remove(letter.orgId, letter.id);
    return { accepted, rejectedCount: 0, rejections: [], rejectedIndexes: [] };
  }
}

const notFound = () => new PermanentError('not_found', 'there is no such dead letter in this org');
