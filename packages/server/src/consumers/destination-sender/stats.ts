import type { Delivery } from './sender.ts';

/** What an integration did since the server's start. It outlives changes of the settings. */
export class LaneStats {
  delivered = 0;
  rejected = 0;
  skipped = 0;
  retries = 0;
  lastError: string | null = null;
  lastDeliveryAtMs: number | null = null;
  #deliveries: Delivery[] = [];

  called(delivery: Delivery): void {
    if (delivery.attempt > 1) this.retries++;
    this.lastError = delivery.error;
    if (delivery.error === null) this.lastDeliveryAtMs = delivery.atMs;
    this.#deliveries.push(delivery);
    // The main thread shows 100; more between two reports are not worth keeping.
    if (this.#deliveries.length > 1000) this.#deliveries.splice(0, 500);
  }

  /** Those since the last call. */
  takeDeliveries(): Delivery[] {
    const deliveries = this.#deliveries;
    this.#deliveries = [];
    return deliveries;
  }
}
