export { evaluate, type MetricResult } from './evaluate.ts';
export { compareLabels } from './labels.ts';
