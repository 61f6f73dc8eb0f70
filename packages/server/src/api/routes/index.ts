import type { ApiRoute } from '../route.ts';
import { getContract, setContract } from './coverage/contract.ts';
import { getCoverage } from './coverage/get.ts';
import { getDeadLetter } from './dead-letters/get.ts';
import { listDeadLetters } from './dead-letters/list.ts';
import { removeDeadLetter } from './dead-letters/remove.ts';
import { replayDeadLetter } from './dead-letters/replay.ts';
import { cancelExport } from './exports/cancel.ts';
import { createExport } from './exports/create.ts';
import { getExportFile } from './exports/file.ts';
import { getExport } from './exports/get.ts';
import { healthz } from './health/healthz.ts';
import { metrics } from './health/metrics.ts';
import { openApi } from './health/openapi.ts';
import { readyz } from './health/readyz.ts';
import { listAttempts } from './ingest/attempts.ts';
import { getUsage } from './ingest/usage.ts';
import { createKey } from './keys/create.ts';
import { listKeys } from './keys/list.ts';
import { revokeKey } from './keys/revoke.ts';
import { logIntegrationRoutes } from './log-integrations/index.ts';
import { listLevels } from './log-levels/list.ts';
import { removeLevel } from './log-levels/remove.ts';
import { setLevel } from './log-levels/set.ts';
import { getLogContext } from './logs/context.ts';
import { getDistribution } from './logs/distribution.ts';
import { listFieldValues } from './logs/field-values.ts';
import { listFields } from './logs/fields.ts';
import { getLog } from './logs/get.ts';
import { getHistogram } from './logs/histogram.ts';
import { listLogs } from './logs/list.ts';
import { listOperations } from './logs/operations.ts';
import { listPatterns } from './logs/patterns.ts';
import { getLogStats } from './logs/stats.ts';
import { listTop } from './logs/top.ts';
import { getLogWhy } from './logs/why.ts';
import { lokiRoutes } from './loki/index.ts';
import { createOrg } from './orgs/create.ts';
import { listOrgs } from './orgs/list.ts';
import { updateOrg } from './orgs/update.ts';
import { checkIn } from './producers/check-in.ts';
import { listProducers } from './producers/list.ts';
import { explainQuery } from './query/explain.ts';
import { getRedaction } from './redaction/get.ts';
import { tryRedaction } from './redaction/try.ts';
import { createView } from './saved-views/create.ts';
import { listViews } from './saved-views/list.ts';
import { removeView } from './saved-views/remove.ts';
import { replaceView } from './saved-views/replace.ts';
import { createLink } from './sessions/create-link.ts';
import { getCurrentSession } from './sessions/current.ts';
import { signIn } from './sessions/sign-in.ts';
import { signOut } from './sessions/sign-out.ts';
import { getStorage } from './storage/get.ts';
import { getSystem } from './system/get.ts';
import { getTrace } from './traces/get.ts';
import { listTraces } from './traces/list.ts';

/** Every route of the REST API but live tail. Tests walk it: a route that is not here does not exist. */
export const apiRoutes: readonly ApiRoute[] = [
  listLogs,
  getLogStats,
  getHistogram,
  getDistribution,
  listTop,
  listOperations,
  listPatterns,
  listFields,
  listFieldValues,
  createExport,
  getExport,
  getExportFile,
  cancelExport,
  getLog,
  getLogContext,
  getLogWhy,
  listTraces,
  getTrace,
  explainQuery,
  listAttempts,
  getUsage,
  listDeadLetters,
  getDeadLetter,
  replayDeadLetter,
  removeDeadLetter,
  getStorage,
  getSystem,
  getCoverage,
  getContract,
  setContract,
  listProducers,
  checkIn,
  getRedaction,
  tryRedaction,
  listViews,
  createView,
  replaceView,
  removeView,
  listLevels,
  setLevel,
  removeLevel,
  listOrgs,
  createOrg,
  updateOrg,
  listKeys,
  createKey,
  revokeKey,
  signIn,
  getCurrentSession,
  signOut,
  createLink,
  ...logIntegrationRoutes,
  openApi,
  healthz,
  readyz,
  metrics,
  ...lokiRoutes,
];
