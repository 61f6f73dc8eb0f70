import { z } from 'zod';
import type { DestinationType } from '../../../destinations/destination.ts';
import { PRESET_NAMES, PRESETS } from '../../../destinations/util/presets.ts';
import { defineRoute, json } from '../../route.ts';
import { integrationTypesSchema } from '../../wire/log-integrations.ts';

export const listIntegrationTypes = defineRoute({
  method: 'GET',
  path: '/api/log-integrations/types',
  scope: 'admin',
  resource: null,
  summary: 'What events can be forwarded to: settings as JSON Schema, secrets, and shapes of events',
  answers: { 200: integrationTypesSchema },
  handle({ deps }) {
    const types = [...deps.integrations.types.values()];
    const presets = PRESET_NAMES.map((name) => ({ name, title: PRESETS[name].title }));
    return json({ types: types.map(renderType), payload_presets: presets });
  },
});

function renderType({ id, title, config, secrets }: DestinationType) {
  return {
    type: id,
    title,
    // As it is written: what has a default need not be given.
    config_schema: z.toJSONSchema(config, { io: 'input', unrepresentable: 'any' }),
    secrets: secrets.map(({ multiline = false, ...field }) => ({ ...field, multiline })),
  };
}
