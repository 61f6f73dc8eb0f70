import { randomUUID } from 'node:crypto';
import type {
  DestinationSender,
  IntegrationFilter,
  RunnableIntegration,
} from '../../consumers/destination-sender/sender.ts';
import type { DestinationType, TestStep } from '../../destinations/destination.ts';
import { secretStripper } from '../../destinations/util/secrets.ts';
import type { Egress } from '../../runtime/egress/egress.ts';
import { isKnownError, PermanentError, RetryableError } from '../../runtime/errors.ts';
import type { ControlDb } from '../control-db.ts';
import { checkName } from '../orgs.ts';
import { checkAddresses, checkKeptSecrets } from './addresses.ts';
import { checkConfig, type DestinationDraft, mergeSecrets, typeOf } from './check.ts';
import {
  getIntegration,
  type Integration,
  insertIntegration,
  listIntegrations,
  removeIntegration,
  saveTestOutcome,
  type TestOutcome,
  type TimedStep,
  updateIntegration,
} from './rows.ts';
import type { IntegrationSecrets } from './secrets.ts';
import type { DeliverySettings } from './settings.ts';

/** Everything that a user says of an integration. */
export interface IntegrationDraft extends DestinationDraft {
  name: string;
  filter: IntegrationFilter;
  delivery: DeliverySettings;
  enabled: boolean;
}

export interface IntegrationSurroundings {
  db: ControlDb;
  types: ReadonlyMap<string, DestinationType>;
  secrets: IntegrationSecrets;
  egress: Pick<Egress, 'check'>;
  sender: DestinationSender;
  /** Where the journal's next event will be: an integration begins there. */
  journalNext: () => number;
  /** For integrations that set no limit of their own. */
  journalBytesMaxDefault: number;
  onFault: (error: unknown, integrationId: string | null) => void;
  nowMs?: () => number;
}

/** Tests of one org at a time: each may wait for its peer for 10 s. */
const TESTS_MAX = 2;

/** Of a connection test: what ends it, and who is told of its steps. */
export interface Telling {
  signal: AbortSignal;
  onStep?: (step: TimedStep) => void;
}

/** The integrations of all orgs: what users change is kept, and given to the sender. */
export class Integrations {
  readonly #with: IntegrationSurroundings;
  /** Plain secrets of integrations as they were last given to the sender, by id. */
  readonly #opened = new Map<string, { updatedAtMs: number; values: Record<string, string> }>();
  /** Why an enabled integration is not run, by id. */
  readonly #problems = new Map<string, string>();
  readonly #testsByOrg = new Map<string, number>();
  #applying: Promise<void> = Promise.resolve();

  constructor(surroundings: IntegrationSurroundings) {
    this.#with = surroundings;
    surroundings.sender.onDisabled = (id, reason) => {
      this.#disabledBySender(id, reason).catch((error: unknown) => surroundings.onFault(error, id));
    };
  }

  get types(): ReadonlyMap<string, DestinationType> {
    return this.#with.types;
  }

  get sender(): DestinationSender {
    return this.#with.sender;
  }

  list(orgId: string): Promise<Integration[]> {
    return listIntegrations(this.#with.db, orgId);
  }

  /** @throws PermanentError `not_found` */
  get(orgId: string, id: string): Promise<Integration> {
    return getIntegration(this.#with.db, orgId, id);
  }

  /** Why it does not run though it is enabled; null when it does. */
  problemOf(id: string): string | null {
    return this.#problems.get(id) ?? null;
  }

  /** Takes the integration's secrets out of a text that a destination wrote. */
  stripped(id: string, text: string | null): string | null {
    const values = this.#opened.get(id)?.values;
    return text === null || values === undefined ? text : secretStripper(values)(text);
  }

  /** @throws PermanentError `invalid_field`, `egress_denied` or `conflict`; RetryableError while Vault is away. */
  async create(orgId: string, draft: IntegrationDraft): Promise<Integration> {
    const { db, secrets, journalNext } = this.#with;
    const { config, values } = await this.#checked(draft, {});
    const nowMs = this.#nowMs();
    const place = { orgId, id: randomUUID() };
    const made: Integration = {
      ...place,
      type: draft.type,
      name: draft.name,
      config,
      ...(await secrets.save(place, values, {}, nowMs)),
      filter: draft.filter,
      delivery: draft.delivery,
      enabled: draft.enabled,
      fromPosition: journalNext(),
      disabledReason: null,
      fromEnvironment: false,
      lastTest: null,
      createdAtMs: nowMs,
      updatedAtMs: nowMs,
    };
    try {
      await insertIntegration(db, made);
    } catch (error) {
      await secrets.forget(made);
      throw error;
    }
    await this.apply();
    return made;
  }

  /** Puts the draft in its place; secrets that it does not name stay. @throws as `create`, and `not_found`. */
  async replace(orgId: string, id: string, draft: IntegrationDraft): Promise<Integration> {
    const { db, secrets, journalNext } = this.#with;
    const before = await this.#editable(orgId, id);
    const { config, values } = await this.#checkedAgainst(before, draft);
    const saved = await secrets.save(before, values, before.secrets, this.#nowMs());
    const change = {
      name: draft.name,
      config,
      ...saved,
      filter: draft.filter,
      delivery: draft.delivery,
      ...(draft.enabled !== before.enabled && enabling(draft.enabled, journalNext())),
    };
    const after = await updateIntegration(db, before, change, this.#nowMs());
    await this.apply();
    return after;
  }

  /** @throws PermanentError `not_found` or `conflict` */
  async setEnabled(orgId: string, id: string, enabled: boolean): Promise<Integration> {
    const before = await this.#editable(orgId, id);
    if (before.enabled === enabled) return before;
    const change = enabling(enabled, this.#with.journalNext());
    const after = await updateIntegration(this.#with.db, before, change, this.#nowMs());
    await this.apply();
    return after;
  }

  /** With its secrets, its place in the journal and its history. @throws PermanentError `not_found` or `conflict` */
  async remove(orgId: string, id: string): Promise<void> {
    const before = await this.get(orgId, id);
    // The environment names it no longer.
    if (before.enabled) checkEditable(before);
    await removeIntegration(this.#with.db, orgId, id);
    await this.apply();
    await this.#with.secrets.forget(before);
    // It is gone for the user already; a cursor that stays behind holds nothing back.
    await this.#with.sender.forget(id).catch((error: unknown) => this.#with.onFault(error, id));
  }

  /**
   * Tries a saved integration and keeps what came out; tells each step as it is done.
   * @throws PermanentError `not_found`; RetryableError `rate_limited`.
   */
  async test(orgId: string, id: string, telling: Telling): Promise<TestOutcome> {
    const integration = await this.get(orgId, id);
    const values = await this.#with.secrets.open(integration);
    const outcome = await this.#tried(this.#runnable(integration, values), telling);
    await saveTestOutcome(this.#with.db, orgId, id, outcome);
    return outcome;
  }

  /** Tries settings that are not saved; with `id` those secrets that the draft does not name are taken from there. */
  async testDraft(
    orgId: string,
    { id, ...draft }: IntegrationDraft & { id?: string | undefined },
    telling: Telling,
  ): Promise<TestOutcome> {
    const before = id === undefined ? null : await this.get(orgId, id);
    const { config, values } = await (before === null ? this.#checked(draft, {}) : this.#checkedAgainst(before, draft));
    const place = { orgId, id: before?.id ?? `draft-${randomUUID()}` };
    return this.#tried(
      this.#runnable({ ...draft, ...place, config, fromPosition: this.#with.journalNext() }, values),
      telling,
    );
  }

  /** Seals every secret again that another key than the first one sealed. */
  async rotate(): Promise<{
    keyId: string;
    madeKey: boolean;
    resealed: number;
    failed: { orgId: string; id: string; reason: string }[];
  }> {
    const { db, secrets } = this.#with;
    const madeKey = secrets.addKey();
    let resealed = 0;
    const failed: { orgId: string; id: string; reason: string }[] = [];
    for (const integration of await listIntegrations(db, null)) {
      try {
        const change = secrets.resealed(integration);
        if (change === null) continue;
        await updateIntegration(db, integration, { secrets: change }, this.#nowMs());
        resealed += 1;
      } catch (error) {
        if (!isKnownError(error)) throw error;
        failed.push({ orgId: integration.orgId, id: integration.id, reason: error.message });
      }
    }
    await this.apply();
    return { keyId: secrets.keyId(), madeKey, resealed, failed };
  }

  /** The first `apply`, once what was sealed before there was Vault is there too. */
  async start(): Promise<void> {
    for (const integration of await listIntegrations(this.#with.db, null)) {
      if (integration.fromEnvironment) continue;
      try {
        const moved = await this.#with.secrets.moved(integration);
        if (moved !== null) await updateIntegration(this.#with.db, integration, moved, this.#nowMs());
      } catch (error) {
        if (!isKnownError(error)) throw error;
        this.#with.onFault(error, integration.id);
        // Without Vault, or with no key, the rest would fare no better; they are moved at the next start.
        break;
      }
    }
    await this.apply();
  }

  /** Reads again what Vault has: secrets are rotated there without a word to us. */
  async refresh(): Promise<void> {
    // The values stay until there are others: texts of destinations are stripped of them.
    for (const opened of this.#opened.values()) opened.updatedAtMs = 0;
    await this.apply();
  }

  /** Gives the sender all that is enabled, as it is now. */
  apply(): Promise<void> {
    const next = this.#applying.then(() => this.#applyNow());
    this.#applying = next.catch(() => {});
    return next;
  }

  async #applyNow(): Promise<void> {
    const runnable: RunnableIntegration[] = [];
    const enabled = (await listIntegrations(this.#with.db, null)).filter((each) => each.enabled);
    this.#problems.clear();
    // At a time: each waits for Vault, which may be away.
    const opening = enabled.map(async (integration) => {
      try {
        typeOf(this.#with.types, integration.type);
        runnable.push(this.#runnable(integration, await this.#valuesOf(integration)));
      } catch (error) {
        if (!isKnownError(error)) throw error;
        this.#problems.set(integration.id, error.message);
        // In the set all the same: the journal is kept for it until it runs again.
        runnable.push({ ...this.#runnable(integration, {}), unavailable: error.message });
        this.#with.onFault(error, integration.id);
      }
    });
    await Promise.all(opening);
    const ids = new Set(enabled.map(({ id }) => id));
    for (const id of this.#opened.keys()) if (!ids.has(id)) this.#opened.delete(id);
    this.#with.sender.configure(runnable);
  }

  async #valuesOf(integration: Integration): Promise<Record<string, string>> {
    const { id } = integration;
    const known = this.#opened.get(id);
    if (known?.updatedAtMs === integration.updatedAtMs) return known.values;
    const values = await this.#with.secrets.open(integration);
    const kept = this.#with.secrets.copied(integration, values, this.#nowMs());
    const after =
      kept === null ? integration : await updateIntegration(this.#with.db, integration, kept, this.#nowMs());
    this.#opened.set(id, { updatedAtMs: after.updatedAtMs, values });
    return values;
  }

  #runnable(
    integration: Pick<Integration, 'id' | 'orgId' | 'type' | 'config' | 'filter' | 'delivery' | 'fromPosition'>,
    secrets: Readonly<Record<string, string>>,
  ): RunnableIntegration {
    const { id, orgId, type, config, filter, delivery } = integration;
    return {
      id,
      orgId,
      type,
      config,
      secrets,
      filter,
      delivery: { ...delivery, journalBytesMax: delivery.journalBytesMax ?? this.#with.journalBytesMaxDefault },
      from: integration.fromPosition,
    };
  }

  async #editable(orgId: string, id: string): Promise<Integration> {
    const integration = await this.get(orgId, id);
    checkEditable(integration);
    return integration;
  }

  async #checked(draft: IntegrationDraft, before: Readonly<Record<string, string>>) {
    checkName(draft.name);
    const type = typeOf(this.#with.types, draft.type);
    const config = checkConfig(type, draft.config);
    const values = mergeSecrets(type, before, draft.secrets);
    await checkAddresses(this.#with.egress, config, draft.secrets);
    return { config, values };
  }

  async #checkedAgainst(before: Integration, draft: IntegrationDraft) {
    if (draft.type !== before.type) {
      const message = `it is of type \`${before.type}\` and stays so: make another integration`;
      throw new PermanentError('invalid_field', message, 'type');
    }
    const opened = await this.#with.secrets.openThose(before, (name) => !Object.hasOwn(draft.secrets, name));
    const checked = await this.#checked(draft, opened);
    const change = { before: before.config, after: checked.config, given: draft.secrets };
    checkKeptSecrets(Object.keys(opened), change);
    return checked;
  }

  async #tried(integration: RunnableIntegration, telling: Telling): Promise<TestOutcome> {
    const { orgId } = integration;
    const running = this.#testsByOrg.get(orgId) ?? 0;
    if (running >= TESTS_MAX) {
      throw new RetryableError('rate_limited', `${TESTS_MAX} tests are under way: wait until one has ended`, 1000);
    }
    this.#testsByOrg.set(orgId, running + 1);
    try {
      const steps = await this.#steps(integration, telling);
      const isOk = steps.length > 0 && steps.every(({ ok }) => ok);
      return { status: isOk ? 'ok' : 'failed', atMs: this.#nowMs(), steps };
    } finally {
      const left = this.#testsByOrg.get(orgId)! - 1;
      if (left > 0) this.#testsByOrg.set(orgId, left);
      else this.#testsByOrg.delete(orgId);
    }
  }

  async #steps(integration: RunnableIntegration, { signal, onStep }: Telling): Promise<TimedStep[]> {
    const strip = secretStripper(integration.secrets);
    const steps: TimedStep[] = [];
    let lastMs = performance.now();
    const tell = (step: TestStep) => {
      const nowMs = performance.now();
      const timed = { ...step, detail: strip(step.detail), tookMs: Math.round(nowMs - lastMs) };
      lastMs = nowMs;
      steps.push(timed);
      onStep?.(timed);
    };
    try {
      for await (const step of this.#with.sender.test(integration, signal)) tell(step);
    } catch (error) {
      if (!isKnownError(error)) throw error;
      const field = error instanceof PermanentError && error.field !== undefined ? { field: error.field } : {};
      tell({ name: 'settings', ok: false, detail: error.message, ...field });
    }
    return steps;
  }

  async #disabledBySender(id: string, reason: string): Promise<void> {
    const integration = (await listIntegrations(this.#with.db, null)).find((each) => each.id === id);
    if (integration === undefined || !integration.enabled) return;
    const disabledReason = this.stripped(id, reason);
    await updateIntegration(this.#with.db, integration, { enabled: false, disabledReason }, this.#nowMs());
    await this.apply();
  }

  #nowMs(): number {
    return (this.#with.nowMs ?? Date.now)();
  }
}

function enabling(enabled: boolean, journalNext: number) {
  return { enabled, disabledReason: null, ...(enabled && { fromPosition: journalNext }) };
}

function checkEditable({ fromEnvironment }: Integration): void {
  if (!fromEnvironment) return;
  const message = 'the environment of the server manages this integration (LOG_DESTINATION): it is changed there';
  throw new PermanentError('conflict', message);
}
