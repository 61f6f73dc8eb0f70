/** Numbers that a producer gave to what is in a frame. They are journaled with it, so they survive as it does. */
export interface SequenceMark {
  producer: string;
  first: number;
  /** One after the last. */
  next: number;
}

/** The mark of what was taken: in its reply `decode` may tell that a body stands for fewer numbers than were given. */
export function markOfTaken(mark: SequenceMark, reply: string | undefined): SequenceMark {
  const next = mark.first + Number(reply);
  return next >= mark.first && next < mark.next ? { ...mark, next } : mark;
}
