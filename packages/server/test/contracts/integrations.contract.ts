import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ControlDb } from '../../src/control/control-db.ts';
import {
  getIntegration,
  INTEGRATIONS_MAX,
  type Integration,
  insertIntegration,
  listIntegrations,
  removeIntegration,
  saveTestOutcome,
  updateIntegration,
} from '../../src/control/integrations/rows.ts';
import { DEFAULT_DELIVERY, NO_FILTER } from '../../src/control/integrations/settings.ts';
import { createOrg } from '../../src/control/orgs.ts';
import type { ControlStorage } from './control.contract.ts';

const integration = (id: string, change: Partial<Integration> = {}): Integration => ({
  id,
  orgId: 'a',
  type: 'webhook',
  name: id,
  config: { url: 'https://example.com/ä', tags: ['x'] },
  secrets: { token: { sealed: 'v1.k1.AAAA', updatedAtMs: 5 } },
  inVault: false,
  filter: { ...NO_FILTER, logTypes: ['auth'], attributes: [{ name: 'tier', value: 'gold' }], sampleRate: 0.25 },
  delivery: { ...DEFAULT_DELIVERY, journalBytesMax: 2 ** 40, retryAgeMsMax: null },
  enabled: true,
  fromPosition: 2 ** 47,
  disabledReason: null,
  fromEnvironment: false,
  lastTest: null,
  createdAtMs: 1_700_000_000_000,
  updatedAtMs: 1_700_000_000_000,
  ...change,
});

/** The rules of control.contract.ts for integrations. C2 reaches also to their orgs: no call finds another org's. */
export function integrationsContract(kind: string, make: () => Promise<ControlStorage>): void {
  describe(`integrations in the control database: ${kind}`, () => {
    let storage: ControlStorage;
    let db: ControlDb;

    beforeEach(async () => {
      storage = await make();
      db = await storage.open();
      for (const id of ['a', 'b']) await createOrg(db, { id, name: id });
    });
    afterEach(async () => {
      await db.close();
      await storage.remove();
    });

    test('C1 everything of one comes back after the database was opened again, by name', async () => {
      const lastTest = {
        status: 'failed',
        atMs: 7,
        steps: [{ name: 'address', ok: false, detail: 'no', field: 'url' }],
      } as const;
      const all = [
        integration('y', { lastTest, disabledReason: 'gone', enabled: false, inVault: true }),
        integration('x'),
      ];
      for (const each of all) await insertIntegration(db, each);
      await insertIntegration(db, integration('z', { orgId: 'b', name: 'x', fromEnvironment: true }));
      await db.close();
      db = await storage.open();
      expect(await listIntegrations(db, 'a')).toEqual(all.toReversed());
      expect((await listIntegrations(db, null)).map(({ id }) => id)).toEqual(['x', 'y', 'z']);
      expect(await getIntegration(db, 'a', 'y')).toEqual(all[0]);
    });

    test('C2 a name is taken in its org alone', async () => {
      await insertIntegration(db, integration('x'));
      const taken = { code: 'conflict', field: 'name' };
      await expect(insertIntegration(db, integration('other', { name: 'x' }))).rejects.toMatchObject(taken);
      await insertIntegration(db, integration('other', { name: 'x', orgId: 'b' }));
      const second = integration('second');
      await insertIntegration(db, second);
      await expect(updateIntegration(db, second, { name: 'x' }, 1)).rejects.toMatchObject(taken);
      expect((await updateIntegration(db, second, { name: 'second' }, 1)).name).toBe('second');
    });

    test('C2 an org has so many and no more', async () => {
      for (let i = 0; i < INTEGRATIONS_MAX; i++) await insertIntegration(db, integration(`i${i}`));
      await expect(insertIntegration(db, integration('more'))).rejects.toMatchObject({ code: 'conflict' });
      await removeIntegration(db, 'a', 'i0');
      await insertIntegration(db, integration('more'));
    });

    test("C2 another org's is not there", async () => {
      const own = integration('x');
      await insertIntegration(db, own);
      const missing = { code: 'not_found' };
      await expect(getIntegration(db, 'b', 'x')).rejects.toMatchObject(missing);
      await expect(removeIntegration(db, 'b', 'x')).rejects.toMatchObject(missing);
      await expect(updateIntegration(db, { ...own, orgId: 'b' }, { enabled: false }, 1)).rejects.toMatchObject({
        code: 'conflict',
      });
      await saveTestOutcome(db, 'b', 'x', { status: 'ok', atMs: 1, steps: [] });
      expect(await listIntegrations(db, 'b')).toEqual([]);
      expect(await getIntegration(db, 'a', 'x')).toEqual(own);
    });

    test('a change leaves alone what it does not name, and of two at a time one is refused', async () => {
      const own = integration('x');
      await insertIntegration(db, own);
      const nowMs = own.updatedAtMs;
      const changes = [
        updateIntegration(db, own, { enabled: false }, nowMs),
        updateIntegration(db, own, { name: 'y' }, nowMs),
      ];
      const [first, second] = await Promise.allSettled(changes);
      expect([first!.status, second!.status]).toEqual(['fulfilled', 'rejected']);
      expect(await getIntegration(db, 'a', 'x')).toEqual({ ...own, enabled: false, updatedAtMs: nowMs + 1 });
    });

    test('what a test told is kept beside the settings', async () => {
      const own = integration('x');
      await insertIntegration(db, own);
      const outcome = { status: 'ok', atMs: 9, steps: [{ name: 'event', ok: true, detail: 'taken' }] } as const;
      await saveTestOutcome(db, 'a', 'x', outcome);
      expect(await getIntegration(db, 'a', 'x')).toEqual({ ...own, lastTest: outcome });
    });
  });
}
