import { defineConfig } from 'vitest/config';

const alias = {
  '@tailwater/schema/redaction': new URL('./packages/schema/src/redaction/index.ts', import.meta.url).pathname,
  '@tailwater/schema/event-contract': new URL('./packages/schema/src/event-contract.ts', import.meta.url).pathname,
  '@tailwater/schema/logql': new URL('./packages/schema/src/logql/index.ts', import.meta.url).pathname,
  '@tailwater/schema': new URL('./packages/schema/src/index.ts', import.meta.url).pathname,
  '@tailwater/server/installation': new URL('./packages/server/src/installation.ts', import.meta.url).pathname,
  '@tailwater/server': new URL('./packages/server/src/index.ts', import.meta.url).pathname,
};

// What a file imports is loaded once a worker, not once a file: a test that changes what others share puts it back.
const ONCE_A_WORKER = { isolate: false } as const;

export default defineConfig({
  resolve: { alias },
  test: {
    // Two cores: more workers than cores only makes timeouts likelier.
    maxWorkers: 2,
    // Of `describe.concurrent`: what is marked so waits most of its time.
    maxConcurrency: 16,
    // For machines that have other things to do: what hangs is told late, what is slow passes.
    testTimeout: 60_000,
    hookTimeout: 120_000,
    provide: {
      // Fixed, so that what fails is what was changed; `make soak` runs all cases.
      seed: Number(process.env.SEED ?? 1),
      allCases: process.env.ALL_CASES === '1',
    },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          ...ONCE_A_WORKER,
          setupFiles: ['packages/server/test/support/property-seed.ts'],
          include: [
            'packages/*/src/**/*.test.ts',
            'packages/server/test/{contracts,golden,sim}/**/*.test.ts',
            'tools/*.test.ts',
          ],
        },
      },
      {
        extends: true,
        // Spawn the built server or the embedded engine: these need `npm run build` first.
        test: {
          name: 'app',
          ...ONCE_A_WORKER,
          include: ['packages/server/test/{app,peers,store}/**/*.test.ts'],
          globalSetup: ['packages/server/test/support/shared-server.setup.ts'],
          testTimeout: 120_000,
        },
      },
      {
        extends: true,
        // The built server in Debian's Chromium: one server for all files.
        test: {
          name: 'e2e',
          include: ['packages/web/test/e2e/**/*.test.ts'],
          globalSetup: ['packages/web/test/e2e/support/stage.ts'],
          testTimeout: 180_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
