import type { Rejection } from '../../batch/event-batch.ts';

/** Why an event was refused, with the field: `timestamp: is no …`. For places that have no room for the field of its own. */
export function rejectionReason({ field, error }: Pick<Rejection, 'field' | 'error'>): string {
  return field === '' ? error : `${field}: ${error}`;
}
