import type { ApiRoute } from '../../route.ts';
import { createLogIntegration } from './create.ts';
import { listDeliveries } from './deliveries.ts';
import { disableLogIntegration, enableLogIntegration } from './enable.ts';
import { getLogIntegration } from './get.ts';
import { listLogIntegrations } from './list.ts';
import { removeLogIntegration } from './remove.ts';
import { replaceLogIntegration } from './replace.ts';
import { cancelReplay, replayHistory } from './replay.ts';
import { rotateSecrets } from './rotate.ts';
import { testLogIntegration, testLogIntegrationDraft } from './test.ts';
import { listIntegrationTypes } from './types.ts';

export const logIntegrationRoutes: readonly ApiRoute[] = [
  listLogIntegrations,
  createLogIntegration,
  listIntegrationTypes,
  testLogIntegrationDraft,
  getLogIntegration,
  replaceLogIntegration,
  enableLogIntegration,
  testLogIntegration,
  listDeliveries,
  replayHistory,
  cancelReplay,
  disableLogIntegration,
  removeLogIntegration,
  rotateSecrets,
];
