export { compileTemplate, type Template, type TemplateName } from './compile.ts';
export type { TemplateContext } from './function.ts';
export { TemplateError } from './value.ts';
