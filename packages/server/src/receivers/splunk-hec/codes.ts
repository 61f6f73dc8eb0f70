/**
 * The answers of Splunk's HTTP Event Collector, by code.
 * https://help.splunk.com/en/splunk-enterprise/get-started/get-data-in/10.0/get-data-with-http-event-collector/troubleshoot-http-event-collector
 */
export const HEC = {
  success: 0,
  tokenRequired: 2,
  invalidAuthorization: 3,
  invalidToken: 4,
  noData: 5,
  invalidData: 6,
  internal: 8,
  busy: 9,
  channelMissing: 10,
  invalidChannel: 11,
  eventRequired: 12,
  eventBlank: 13,
  indexedFields: 15,
  healthy: 17,
  unhealthy: 18,
  shuttingDown: 23,
} as const;
export type HecCode = (typeof HEC)[keyof typeof HEC];

export const HEC_TEXT: Readonly<Record<HecCode, string>> = {
  [HEC.success]: 'Success',
  [HEC.tokenRequired]: 'Token is required',
  [HEC.invalidAuthorization]: 'Invalid authorization',
  [HEC.invalidToken]: 'Invalid token',
  [HEC.noData]: 'No data',
  [HEC.invalidData]: 'Invalid data format',
  [HEC.internal]: 'Internal server error',
  [HEC.busy]: 'Server is busy',
  [HEC.channelMissing]: 'Data channel is missing',
  [HEC.invalidChannel]: 'Invalid data channel',
  [HEC.eventRequired]: 'Event field is required',
  [HEC.eventBlank]: 'Event field cannot be blank',
  [HEC.indexedFields]: 'Error in handling indexed fields',
  [HEC.healthy]: 'HEC is healthy',
  [HEC.unhealthy]: 'HEC is unhealthy, queues are full',
  [HEC.shuttingDown]: 'Server is shutting down',
};

/** Faults that cross from `decode` as their text. */
const FAULTS = [HEC.noData, HEC.invalidChannel, HEC.eventRequired, HEC.eventBlank, HEC.indexedFields] as const;

/** The code whose text an error begins with, `invalidData` when there is none. */
export function codeOfError(error: string): HecCode {
  return FAULTS.find((code) => error.startsWith(HEC_TEXT[code])) ?? HEC.invalidData;
}
