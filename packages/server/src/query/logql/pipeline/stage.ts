import type { LogRow } from '../row.ts';
import type { RowLabels } from './row-labels.ts';

/** The row that a pipeline is at: stages change the line and the labels. */
export interface RowState {
  row: LogRow;
  line: string;
  labels: RowLabels;
}

/** False: the row is filtered out. */
export type StageFunction = (state: RowState) => boolean;

export const JSON_ERROR = 'JSONParserErr';
export const LOGFMT_ERROR = 'LogfmtParserErr';
export const EXTRACTION_ERROR = 'SampleExtractionErr';
export const FILTER_ERROR = 'LabelFilterErr';
export const TEMPLATE_ERROR = 'TemplateFormatErr';
