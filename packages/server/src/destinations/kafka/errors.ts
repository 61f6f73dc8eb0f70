import { PermanentError, RetryableError } from '../../runtime/errors.ts';

/** https://kafka.apache.org/protocol#protocol_error_codes, those that are told by name. */
const NAMES: Readonly<Record<number, string>> = {
  2: 'CORRUPT_MESSAGE',
  3: 'UNKNOWN_TOPIC_OR_PARTITION',
  5: 'LEADER_NOT_AVAILABLE',
  6: 'NOT_LEADER_OR_FOLLOWER',
  7: 'REQUEST_TIMED_OUT',
  10: 'MESSAGE_TOO_LARGE',
  13: 'NETWORK_EXCEPTION',
  17: 'INVALID_TOPIC_EXCEPTION',
  18: 'RECORD_LIST_TOO_LARGE',
  19: 'NOT_ENOUGH_REPLICAS',
  20: 'NOT_ENOUGH_REPLICAS_AFTER_APPEND',
  29: 'TOPIC_AUTHORIZATION_FAILED',
  31: 'CLUSTER_AUTHORIZATION_FAILED',
  32: 'INVALID_TIMESTAMP',
  33: 'UNSUPPORTED_SASL_MECHANISM',
  35: 'UNSUPPORTED_VERSION',
  44: 'POLICY_VIOLATION',
  56: 'KAFKA_STORAGE_ERROR',
  58: 'SASL_AUTHENTICATION_FAILED',
  87: 'INVALID_RECORD',
  89: 'THROTTLING_QUOTA_EXCEEDED',
};

export const nameOf = (code: number): string => NAMES[code] ?? `error ${code}`;

const TOO_LARGE = new Set([10, 18]);
const UNAUTHORIZED = new Set([29, 31, 33, 58]);
/** The records themselves. */
const AT_FAULT = new Set([17, 32, 44, 87]);

export type Meaning = 'too_large' | 'unauthorized' | 'at_fault' | 'later';

export function meaningOf(code: number): Meaning {
  if (TOO_LARGE.has(code)) return 'too_large';
  if (UNAUTHORIZED.has(code)) return 'unauthorized';
  return AT_FAULT.has(code) ? 'at_fault' : 'later';
}

/** What a code means when it is about all of a batch. */
export function failureOfCode(code: number, about: string): PermanentError | RetryableError {
  const told = `Kafka answered ${nameOf(code)} (${about}).`;
  switch (meaningOf(code)) {
    case 'too_large':
      return new PermanentError('payload_too_large', told);
    case 'unauthorized':
      return new PermanentError('destination_unauthorized', told, code === 58 ? 'password' : undefined);
    case 'at_fault':
      return new PermanentError('destination_rejected', told);
    default:
      return new RetryableError('destination_unavailable', told, 0);
  }
}
