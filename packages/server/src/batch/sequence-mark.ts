/** Numbers that a producer gave to what is in a frame. They are journaled with it, so they survive as it does. */
export interface SequenceMark {
  producer: string;
  first: number;
  /** One after the last. */
  next: number;
}
