export { checkRegexp, compileRegex, type Regex, type RegexOptions } from './compile.ts';
export { literals, type RegexLiterals } from './literals.ts';
