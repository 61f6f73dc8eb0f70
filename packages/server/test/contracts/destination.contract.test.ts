import { expect, test } from 'vitest';
import { DESTINATIONS } from '../../src/destinations/registry.ts';
import { VENDORS } from '../support/vendors/index.ts';
import { destinationContract } from './destination.contract.ts';

test('every destination has a strict receiver', () => {
  expect(Object.keys(VENDORS).sort()).toEqual(DESTINATIONS.map(({ id }) => id).sort());
});

for (const type of DESTINATIONS) {
  const openVendor = VENDORS[type.id];
  if (openVendor !== undefined) destinationContract(type, openVendor);
}
