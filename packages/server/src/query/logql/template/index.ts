export { compileTemplate, type Template, type TemplateName } from './compile.ts';
export { TemplateError } from './value.ts';
