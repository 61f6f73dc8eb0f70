import { Lock } from 'lucide-react';
import { useSession } from '../../api/session.ts';

type Scope = 'ingest' | 'query' | 'admin';

/** Whether the session may do what needs the scope. */
export const useMay = (scope: Scope): boolean => useSession().scopes.includes(scope);

/** Says why something on the page cannot be used. Nothing where it can be. */
export function ScopeNotice({ scope, to }: { scope: Scope; to: string }) {
  const { scopes, mode } = useSession();
  if (scopes.includes(scope)) return null;
  const means = mode === 'key' ? 'API key' : 'session';
  return (
    <p role="note" className="flex items-start gap-2 rounded-md border border-line bg-sunken px-3 py-2.5">
      <Lock size={16} className="mt-0.5 shrink-0 text-muted" aria-hidden />
      <span>
        To {to} one needs the scope <strong>{scope}</strong>; this {means} has {scopes.join(' and ') || 'none'}. Sign in
        with a key that has it.
      </span>
    </p>
  );
}
