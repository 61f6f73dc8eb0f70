import type { Bed } from './bed.ts';

/** What a sender knows of the messages it sent, once it has done what its protocol's clients do. */
export interface Told {
  acknowledged: readonly string[];
  /**
   * The others: refused for good, put off until it gave up, without an answer until it gave up, or sent by a protocol
   * that has no answers.
   */
  rest: 'refused' | 'deferred' | 'unanswered' | 'handed';
}

export interface Patience {
  /** Times that the same is sent. */
  tries: number;
  /** Time that an acknowledgement is waited for, where there may be none. */
  waitMs: number;
}

/** One client. */
export interface OutcomeSender {
  /** Resolves once it is told, or gives up. Rejects when an answer is none that the protocol allows. */
  send(messages: readonly string[], patience: Patience): Promise<Told>;
  close(): void;
}

/** An open way in. */
export interface OpenWay {
  sender(index: number): OutcomeSender;
  /** Sends what no client would. Rejects when an answer, or what happens to the connection, is wrong. */
  abuse(): Promise<void>;
  /** As the program closes it. */
  close(): Promise<void>;
}

/** A receiver's routes, or one of its listeners, and how its clients send there. */
export interface OutcomeRow {
  /** `ndjson`, `syslog.udp`. */
  title: string;
  receiver: string;
  /** The listener that it stands for; null for the routes. */
  listener: string | null;
  /** Why it cannot be tested here. */
  skipped?: string;
  /**
   * What a sender learns. `answers`: of each request what became of it. `acknowledgements`: what is durable, and
   * nothing else. `none`: nothing, so what is not taken has to be counted. `kept`: nothing, but what is not taken is
   * still where it was, and is read again.
   */
  learns: 'answers' | 'acknowledgements' | 'none' | 'kept';
  /** A refused key ends its connection, and what is on its way there is lost: it cannot be counted. */
  closesOnRefusal?: boolean;
  open(bed: Bed): Promise<OpenWay>;
}

/** Messages that are told apart. */
export function messagesOf(sender: number, batch: number, count: number): string[] {
  return Array.from({ length: count }, (_, i) => `event ${sender}-${batch}-${i}`);
}
