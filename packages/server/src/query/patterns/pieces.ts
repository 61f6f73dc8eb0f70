import { SEARCH_TEXT_CHARACTERS_MAX } from '../search-text.ts';
import { innerWords, splitWords } from '../words.ts';

/** Stands for what differs, in templates. */
const WILDCARD = '<*>';
/** Phrases of a search text: more tell no more apart. */
const PHRASES_MAX = 12;
const WORDS_MAX = 20;

/** The pieces of a pattern around what differs as one text. */
export function templateOf(pieces: readonly string[]): string {
  return pieces.join(WILDCARD);
}

/** A search text (`q`) of the longest pieces, each a phrase: it finds every message of the pattern. May be empty. */
export function searchOf(pieces: readonly string[]): string {
  const phrases = phrasesOf(pieces).slice(0, PHRASES_MAX);
  const charactersMax = Math.floor(SEARCH_TEXT_CHARACTERS_MAX / PHRASES_MAX) - 3;
  return phrases.map((phrase) => quoted(phrase, charactersMax)).join(' ');
}

/** A search text that leaves the pattern's messages out, by its longest piece. Empty where no piece has a word. */
export function exclusionOf(pieces: readonly string[]): string {
  const [longest] = phrasesOf(pieces);
  return longest === undefined ? '' : `-${quoted(longest, SEARCH_TEXT_CHARACTERS_MAX / 2)}`;
}

/** Pieces with a word in them, the longest first. */
function phrasesOf(pieces: readonly string[]): string[] {
  return pieces
    .map((piece) => piece.trim())
    .filter((piece) => splitWords(piece).length > 0)
    .sort((left, right) => right.length - left.length);
}

/** At most so many characters of text, as a phrase in quotes; never half a surrogate pair. */
function quoted(text: string, charactersMax: number): string {
  let escaped = '';
  for (const character of text) {
    const next = /["\\]/.test(character) ? `\\${character}` : character;
    if (escaped.length + next.length > charactersMax) break;
    escaped += next;
  }
  return `"${escaped}"`;
}

/** A word with a digit: a number that happened to be the same in all messages that were read. */
const NUMBER_WORD = /[\w.:/+~-]*\d[\w.:/+~-]*/;

/** What messages like those of the pattern are found by: a LIKE pattern, and words that they have whole. */
export function likeOf(pieces: readonly string[]): { pattern: string; words: string[] } {
  const split = pieces.flatMap((piece) => piece.split(NUMBER_WORD));
  const pattern = split.map((piece) => piece.replace(/[\\%_]/g, '\\$&')).join('%');
  // The ends of a message bound words as a separator does.
  const bounded = split.map((piece, i) => `${i === 0 ? ' ' : ''}${piece}${i === split.length - 1 ? ' ' : ''}`);
  return { pattern, words: [...new Set(bounded.flatMap(innerWords))].slice(0, WORDS_MAX) };
}
