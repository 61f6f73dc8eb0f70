/** A part of a template: text that all its messages share, or a place where they differ. */
export interface TemplatePart {
  text: string;
  isVariable: boolean;
}

const VARIABLE = /<\*>/;

/** The parts of a template, in which `<*>` stands for what differs. */
export function templateParts(template: string): TemplatePart[] {
  const parts: TemplatePart[] = [];
  for (const [index, text] of template.split(VARIABLE).entries()) {
    if (index > 0) parts.push({ text: '*', isVariable: true });
    if (text !== '') parts.push({ text, isVariable: false });
  }
  return parts;
}
