import { datadog } from './datadog/index.ts';
import type { DestinationType } from './destination.ts';

/** Every type of destination of the program. A new one is added here and nowhere else. */
export const DESTINATIONS: readonly DestinationType[] = [datadog];
