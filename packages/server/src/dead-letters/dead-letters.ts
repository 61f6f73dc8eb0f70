import { PermanentError } from '../runtime/errors.ts';
import type { Letter, LetterSummary } from './letter.ts';
import type { DeadLetterStore, ListOptions } from './store.ts';

/** What became of the events of a letter that was sent again. */
export interface Replayed {
  accepted: number;
  rejectedCount: number;
  rejections: Letter['rejections'];
  rejectedIndexes: readonly number[];
}

/** Sends a letter's body through ingest, of its events only those at `letter.indexes`. Rejects like any request. */
export type Submit<Who> = (who: Who, letter: Letter & { body: Buffer }) => Promise<Replayed>;

/** Dead letters as the API sees them. What is another org's is not there. */
export class DeadLetters<Who extends { orgId: string }> {
  private readonly store: DeadLetterStore;
  private readonly submit: Submit<Who>;
  private readonly underWay = new Set<string>();

  constructor(store: DeadLetterStore, submit: Submit<Who>) {
    this.store = store;
    this.submit = submit;
  }

  list(orgId: string, options: ListOptions): Promise<LetterSummary[]> {
    return this.store.list(orgId, options);
  }

  /** @throws PermanentError `not_found`. */
  async get(orgId: string, id: string): Promise<Letter> {
    const letter = await this.store.get(orgId, id);
    if (letter === null) throw notFound();
    return letter;
  }

  /** @throws PermanentError `not_found`. */
  async remove(orgId: string, id: string): Promise<void> {
    if (!(await this.store.remove(orgId, id))) throw notFound();
  }

  /**
   * Sends it again. What is accepted leaves the letter, so that it is not taken twice; a letter of which nothing is left
   * is removed. After a crash between the two it can be sent twice.
   * @throws PermanentError `not_found` or `conflict`, and whatever refuses the body as a whole.
   */
  async replay(who: Who, id: string): Promise<Replayed> {
    const { orgId } = who;
    const name = `${orgId}/${id}`;
    if (this.underWay.has(name)) throw new PermanentError('conflict', 'this letter is being sent again already');
    this.underWay.add(name);
    try {
      const letter = await this.get(orgId, id);
      const { body } = letter;
      if (body === null) throw new PermanentError('conflict', `this letter cannot be replayed: ${letter.notKept}`);
      const replayed = await this.submit(who, { ...letter, body });
      const { accepted, rejectedCount, rejections, rejectedIndexes } = replayed;
      if (rejectedCount === 0) await this.store.remove(orgId, id);
      else if (accepted > 0) {
        await this.store.keep({ ...letter, rejectedCount, rejections, indexes: rejectedIndexes });
      }
      return replayed;
    } finally {
      this.underWay.delete(name);
    }
  }
}

const notFound = () => new PermanentError('not_found', 'there is no such dead letter in this org');
