import { z } from 'zod';
import type { Telling } from '../../../control/integrations/integrations.ts';
import type { TestOutcome } from '../../../control/integrations/rows.ts';
import { streamNdjson } from '../../ndjson.ts';
import { type Answer, defineRoute, json, type RouteContext, WRITTEN } from '../../route.ts';
import { draftOf, integrationTestBodySchema, testOutcomeSchema } from '../../wire/log-integrations.ts';
import { renderStep, renderTest } from './render.ts';

export const testLogIntegration = defineRoute({
  method: 'POST',
  path: '/api/log-integrations/:integration_id/test',
  scope: 'admin',
  resource: 'integration',
  summary:
    'Try the connection: the own check of the destination, then one marked event. Answers within 10 s; with Accept: application/x-ndjson each step as it is done, then the outcome',
  params: z.strictObject({ integration_id: z.string() }),
  answers: { 200: testOutcomeSchema },
  handle: (context) =>
    answerTest(context, (telling) =>
      context.deps.integrations.test(context.identity.orgId, context.params.integration_id, telling),
    ),
});

export const testLogIntegrationDraft = defineRoute({
  method: 'POST',
  path: '/api/log-integrations/test',
  scope: 'admin',
  resource: null,
  summary: 'The same for settings that are not saved',
  body: integrationTestBodySchema,
  answers: { 200: testOutcomeSchema },
  handle: (context) => {
    const draft = { ...draftOf(context.body), id: context.body.id };
    return answerTest(context, (telling) =>
      context.deps.integrations.testDraft(context.identity.orgId, draft, telling),
    );
  },
});

type Run = (telling: Telling) => Promise<TestOutcome>;
type Context = Pick<RouteContext<undefined, undefined, undefined>, 'deps' | 'signal' | 'request' | 'reply'>;

async function answerTest({ deps, signal, request, reply }: Context, run: Run): Promise<Answer> {
  const accepted = request.headers.accept ?? '';
  if (!accepted.includes('application/x-ndjson')) return json(renderTest(await run({ signal })));
  await streamNdjson(reply, linesOf(run, signal), { requestId: request.id, onFault: deps.onFault });
  return WRITTEN;
}

/** `{"step": …}` for each as it is done, then `{"outcome": …}`. */
async function* linesOf(run: Run, signal: AbortSignal): AsyncGenerator<string[]> {
  const lines: string[] = [];
  let wake = Promise.withResolvers<void>();
  let isDone = false;
  const outcome = run({
    signal,
    onStep: (step) => {
      lines.push(JSON.stringify({ step: renderStep(step) }));
      wake.resolve();
    },
  }).finally(() => {
    isDone = true;
    wake.resolve();
  });
  outcome.catch(() => {});
  while (!isDone || lines.length > 0) {
    if (lines.length > 0) yield lines.splice(0);
    else {
      await wake.promise;
      wake = Promise.withResolvers();
    }
  }
  yield [JSON.stringify({ outcome: renderTest(await outcome) })];
}
