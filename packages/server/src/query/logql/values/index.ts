export { bytesError, humanizeBytes, parseBytes } from './bytes.ts';
export { durationError, formatGoDuration, formatPrometheusDuration, parseGoDuration } from './duration.ts';
export { floatError, formatFloat, formatFloatG, goExponent, parseGoFloat } from './float.ts';
export { goQuote, goQuoteRune } from './quote.ts';
