/** Anything that has to be escaped, or may be half a character: all but these. */
const ESCAPED = /[^ !#-[\]-\ud7ff\ue000-\uffff]/;
/** Up to here the test and the joining cost less than JSON.stringify. */
const SHORT_CHARACTERS_MAX = 48;

/** The text as a JSON string. */
export const quote = (text: string): string =>
  text.length < SHORT_CHARACTERS_MAX && !ESCAPED.test(text) ? `"${text}"` : JSON.stringify(text);
