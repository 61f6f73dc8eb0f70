import { useQuery } from '@tanstack/react-query';
import { answerOf, api } from '../../api/client.ts';
import { useSession } from '../../api/session.ts';
import { Badge, Card, CodeBlock } from '../../components/display.tsx';
import { ErrorNotice, Loading } from '../../components/notice.tsx';
import { RedactionTry } from './redaction-try.tsx';

const useRules = () =>
  useQuery({
    queryKey: ['redaction'],
    queryFn: async ({ signal }) => (await answerOf(api.GET('/api/redaction', { signal }))).rules,
  });

type Rule = NonNullable<ReturnType<typeof useRules>['data']>[number];

/** What is replaced before an event is written anywhere, and a box to try it. */
export default function RedactionSection() {
  const rules = useRules();
  return (
    <div className="flex flex-col gap-4 pb-16">
      <p className="max-w-prose text-muted">
        Secrets and personal data are replaced before an event is written anywhere: neither the journal nor the event
        store, the live tail or a destination ever has them. What was replaced cannot be brought back.
      </p>
      <RedactionTry />
      <Card title="Rules">
        {rules.error !== null && <ErrorNotice error={rules.error} onRetry={rules.refetch} />}
        {rules.data === undefined ? rules.isPending && <Loading rows={8} /> : <Rules rules={rules.data} />}
      </Card>
    </div>
  );
}

const OFF_BY = {
  configuration: 'off for every org, by the configuration',
  org: 'off for this org',
} as const;

function Rules({ rules }: { rules: readonly Rule[] }) {
  const { org, server_url } = useSession();
  const patch = `curl -X PATCH ${server_url}/api/orgs/${org?.id ?? 'default'} \\
  -H "Authorization: Bearer $KEY" -H 'content-type: application/json' \\
  -d '{"redact_rules_off": ["email"]}'`;
  return (
    <div className="flex flex-col gap-4">
      <ul className="grid gap-x-6 lg:grid-cols-2">
        {rules.map(({ id, description, is_on, off_by }) => (
          <li key={id} className="flex items-start gap-3 border-b border-line py-2">
            <div className="min-w-0 flex-1">
              <code className="font-mono font-medium">{id}</code>
              <p className="text-muted">{description}</p>
            </div>
            <Badge kind={is_on ? 'good' : 'warn'}>{off_by === null ? 'on' : OFF_BY[off_by]}</Badge>
          </li>
        ))}
      </ul>
      <details>
        <summary className="cursor-pointer font-medium">How to switch a rule off</summary>
        <div className="mt-2 flex flex-col gap-3">
          <p>For every org, in the configuration of the server, which counts at its next start:</p>
          <CodeBlock code={'redact:\n  rules:\n    email: off'} />
          <p>
            For this org, with a key of scope admin; it counts for what is sent from then on. An org can switch off more
            rules than the configuration, never fewer.
          </p>
          <CodeBlock code={patch} />
        </div>
      </details>
    </div>
  );
}
