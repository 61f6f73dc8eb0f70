export { evaluate, type MetricResult } from './evaluate.ts';
export { compareLabels, compareText, labelsKey } from './labels.ts';
