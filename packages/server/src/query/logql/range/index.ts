export type { Series } from '../pipeline/types.ts';
export { RangeWindows } from './range-windows.ts';
export { bucketBaseMs, bucketWidthMs, slideBuckets } from './slide-buckets.ts';
export type { BucketRow } from './types.ts';
