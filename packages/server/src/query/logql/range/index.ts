export type { Series } from '../pipeline/types.ts';
export { absentLabels } from './absent.ts';
export { MAX_HELD, RangeWindows } from './range-windows.ts';
export { bucketBaseMs, bucketWidthMs, slideBuckets } from './slide-buckets.ts';
export type { BucketRow } from './types.ts';
