import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { apiTypes } from '../../tools/write-api-types.ts';

const url = inject('serverUrl');

test.skipIf(url === '')('the types of the client are those of the server: `npm run web:types`', async () => {
  const document = (await (await fetch(`${url}/api/openapi.json`)).json()) as Parameters<typeof apiTypes>[0];
  expect(readFileSync(join(import.meta.dirname, '../../src/api/schema.gen.ts'), 'utf8')).toBe(await apiTypes(document));
});
