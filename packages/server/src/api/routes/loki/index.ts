import type { ApiRoute } from '../../route.ts';
import { deleteRoutes } from './delete.ts';
import { detectedRoutes } from './detected.ts';
import { labelRoutes } from './labels.ts';
import { limitRoutes } from './limits.ts';
import { queryRoutes } from './query.ts';
import { ruleRoutes } from './rules.ts';
import { statusRoutes } from './status.ts';
import { volumeRoutes } from './volume.ts';

/** Loki's HTTP API but push, which is a receiver's, and tail. See docs/reference/loki-api.md. */
export const lokiRoutes: readonly ApiRoute[] = [
  ...queryRoutes,
  ...labelRoutes,
  ...volumeRoutes,
  ...detectedRoutes,
  ...limitRoutes,
  ...statusRoutes,
  ...ruleRoutes,
  ...deleteRoutes,
];
