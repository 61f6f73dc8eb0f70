/**
 * What `decode` tells AckedStream of messages that were handed over together. One that cannot be taken stops the reading
 * before it: what came before is taken, and it is handed over again, alone, to be refused with nothing else.
 */
export interface AckedReply {
  /** What to acknowledge, in the protocol's own words. */
  acks: readonly string[];
  /** Bytes that were read. */
  end: number;
}

/** Undefined when there is nothing to say. */
export function encodeReply({ acks, end }: AckedReply, total: number): string | undefined {
  return acks.length === 0 && end === total ? undefined : JSON.stringify({ acks, end });
}

export function readReply(reply: string | undefined, total: number): AckedReply {
  return reply === undefined ? { acks: [], end: total } : (JSON.parse(reply) as AckedReply);
}
