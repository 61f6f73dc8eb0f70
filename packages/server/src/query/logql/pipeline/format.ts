import type { LabelFormat } from '@tailwater/schema/logql';
import { badQuery } from '../errors.ts';
import { compileTemplate, type Template, TemplateError, type TemplateName } from '../template/index.ts';
import type { LabelSlot } from './label-slot.ts';
import { ERROR_DETAILS_LABEL, ERROR_LABEL, type RowLabels } from './row-labels.ts';
import { type RowState, type StageFunction, TEMPLATE_ERROR } from './stage.ts';

/** A template with its text in errors of the query. Throws badQuery. */
export function queryTemplate(text: string, name: TemplateName): Template {
  try {
    return compileTemplate(text, name);
  } catch (error) {
    if (error instanceof TemplateError) throw badQuery(error.message);
    throw error;
  }
}

/** `| line_format "…"`: the template's text becomes the line, also where it is empty. */
export function lineFormatStage(labels: RowLabels, text: string): StageFunction {
  const template = queryTemplate(text, 'line');
  if (template.simpleLabel !== null) {
    const slot = labels.slots.pin(template.simpleLabel);
    return (state) => {
      state.line = labels.get(slot) ?? '';
      return true;
    };
  }
  const view = labelView(labels, template);
  return (state) => {
    const line = render(state, template, view());
    if (line !== null) state.line = line;
    return true;
  };
}

type Format = { slot: LabelSlot; source: LabelSlot } | { slot: LabelSlot; template: Template };

/**
 * `| label_format a=b, c="…"`: renames and templates in their order. Templates see the labels as they are when the
 * first of them runs.
 */
export function labelFormatStage(labels: RowLabels, formats: readonly LabelFormat[]): StageFunction {
  const compiled: Format[] = formats.map((format) => {
    const slot = labels.slots.pin(format.name);
    if (format.kind === 'rename') return { slot, source: labels.slots.pin(format.source) };
    return { slot, template: queryTemplate(format.template, 'label') };
  });
  const [only] = compiled;
  if (compiled.length === 1 && only !== undefined && 'template' in only) return oneLabel(labels, only);
  return (state) => {
    let seen: ReadonlyMap<string, string> | null = null;
    for (const format of compiled) {
      if ('source' in format) {
        rename(labels, format.slot, format.source);
      } else {
        seen ??= new Map(labels.all());
        const value = render(state, format.template, seen);
        if (value !== null) labels.set(format.slot, value);
      }
    }
    return true;
  };
}

function oneLabel(labels: RowLabels, { slot, template }: { slot: LabelSlot; template: Template }): StageFunction {
  const view = labelView(labels, template);
  return (state) => {
    const value = render(state, template, view());
    if (value !== null) labels.set(slot, value);
    return true;
  };
}

function rename(labels: RowLabels, slot: LabelSlot, source: LabelSlot): void {
  const value = labels.get(source);
  if (value === undefined) return;
  labels.set(slot, value);
  labels.delete(source);
}

/** Null where the template failed, which is then the row's error. */
function render(state: RowState, template: Template, labels: ReadonlyMap<string, string>): string | null {
  const { row, line } = state;
  try {
    return template.execute(labels, { line, timeMs: row.timeMs, timeNs: row.timeNs });
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    state.labels.fail(TEMPLATE_ERROR, error.message);
    return null;
  }
}

/** What a template is given: most name the labels they read, so that no map has to be made for each row. */
function labelView(labels: RowLabels, template: Template): () => ReadonlyMap<string, string> {
  if (template.usesAllLabels) return () => new Map(labels.all());
  const view = new LabelView(labels, template.labels);
  return () => view;
}

class LabelView extends Map<string, string> {
  readonly #labels: RowLabels;
  readonly #slots = new Map<string, LabelSlot>();

  constructor(labels: RowLabels, names: readonly string[]) {
    super();
    this.#labels = labels;
    for (const name of names) this.#slots.set(name, labels.slots.pin(name));
  }

  override get(name: string): string | undefined {
    if (name === ERROR_LABEL || name === ERROR_DETAILS_LABEL) {
      return this.#labels.errorLabels().find((label) => label[0] === name)?.[1];
    }
    const slot = this.#slots.get(name);
    return slot === undefined ? undefined : this.#labels.get(slot);
  }
}
