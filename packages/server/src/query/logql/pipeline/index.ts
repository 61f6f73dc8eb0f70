export { compileExtractor } from './extractor.ts';
export { compilePipeline, mergedLabels } from './pipeline.ts';
export { requiredFields } from './required-fields.ts';
export type { Extractor, Pipeline, ProcessedLine } from './types.ts';
