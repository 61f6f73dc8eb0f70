import { CircleHelp } from 'lucide-react';
import { IconButton } from '../../../components/button.tsx';
import { Popover } from '../../../components/overlays.tsx';

const SEARCH: readonly (readonly [term: string, finds: string])[] = [
  ['timeout', 'the word in the message, upper or lower case'],
  ['"connection reset"', 'the text, also inside words'],
  ['-healthz', 'events without it; works before every term'],
  ['service:gateway', 'the field is exactly that'],
  ['severity:>=warn', 'warn or graver'],
  ['duration_ms:>500', 'numbers: > >= < <= !='],
  ['attr.http.path:"/login"', 'an attribute; quotes around anything but a plain word'],
  ['label.app:shop', 'a label'],
  ['user_id:*', 'has the field at all; -user_id:* has it not'],
];

const LOGQL: readonly (readonly [term: string, finds: string])[] = [
  ['{service_name="gateway"}', 'lines of a stream'],
  ['{severity="error"}', 'fields of events select too'],
  ['|= "timeout"', 'the line has the text; != |~ !~ as in Loki'],
  ['| duration_ms > 500', 'attributes are labels already'],
  ['| json | line_format', 'parsers and formatters'],
  ['rate({…}[5m])', 'a metric: shown as a chart'],
  ['sum by (host) (…)', 'a line for each host'],
];

/** What the query language of this page says, in one look. */
export function SyntaxHelp({ isLogql }: { isLogql: boolean }) {
  return (
    <Popover
      label="Syntax"
      className="w-[30rem]"
      trigger={
        <IconButton label="Syntax help">
          <CircleHelp size={17} aria-hidden />
        </IconButton>
      }
    >
      <p className="mb-2 font-medium">{isLogql ? 'LogQL' : 'Terms stand side by side and must all hold'}</p>
      <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1.5">
        {(isLogql ? LOGQL : SEARCH).map(([term, finds]) => (
          <div key={term} className="contents">
            <dt className="font-mono text-[13px]">{term}</dt>
            <dd className="text-muted">{finds}</dd>
          </div>
        ))}
      </dl>
      <p className="mt-3 border-t border-line pt-2 text-xs text-muted">
        {isLogql
          ? 'Ctrl Enter runs. Times come from the range at the top of the page.'
          : 'There are no wildcards, and no AND, OR, NOT: "time" in quotes finds timeout and timer. For alternatives, switch to LogQL.'}
      </p>
    </Popover>
  );
}
