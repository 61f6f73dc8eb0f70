export { checkRegexp, compileRegex, type RegexOptions } from './compile.ts';
export { literals, type RegexLiterals } from './literals.ts';
