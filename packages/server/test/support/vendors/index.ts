import { openDatadogVendor } from './datadog.ts';
import type { Vendor } from './vendor.ts';

/** The strict receiver of each type of destination, by id. */
export const VENDORS: Readonly<Record<string, () => Promise<Vendor>>> = {
  datadog: openDatadogVendor,
};
