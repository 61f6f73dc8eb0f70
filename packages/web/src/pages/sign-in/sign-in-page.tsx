import { useQueryClient } from '@tanstack/react-query';
import { useRouter } from '@tanstack/react-router';
import { Activity } from 'lucide-react';
import { type FormEvent, useEffect, useRef, useState } from 'react';
import { answerOf, api } from '../../api/client.ts';
import { sessionQuery } from '../../api/session.ts';
import { usePageSearch } from '../../app/use-search.ts';
import { Button } from '../../components/button.tsx';
import { Field, Input } from '../../components/field.tsx';
import { ErrorNotice } from '../../components/notice.tsx';

/** Signs in with the one-time link that the server printed (its token is behind `#`), or with an API key. */
export default function SignInPage() {
  const { text } = usePageSearch();
  const { signIn, isBusy, error } = useSignIn(text('back'));
  const [key, setKey] = useState('');
  const isStarted = useRef(false);
  useEffect(() => {
    const token = location.hash.slice(1);
    if (token === '' || isStarted.current) return;
    isStarted.current = true;
    // The link is used up: it is not left in the address bar and the history.
    history.replaceState(history.state, '', location.pathname + location.search);
    void signIn({ token });
  }, [signIn]);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void signIn({ key: key.trim() });
  };
  return (
    <main className="mx-auto flex min-h-dvh max-w-md flex-col justify-center gap-5 p-5">
      <h1 className="flex items-center gap-2 text-xl font-semibold">
        <Activity size={22} className="text-accent" aria-hidden />
        Tailwater
      </h1>
      {text('expired') !== '' && <p role="status">Your session has ended. Sign in and go on where you were.</p>}
      {error !== null && <ErrorNotice error={error} />}
      <form onSubmit={submit} className="flex flex-col gap-4">
        <Field
          label="API key"
          help="A key with the scope query or admin. The start of the server prints a link that signs in without one; `tailwater sign-in` prints another."
        >
          {(ids) => (
            <Input
              {...ids}
              type="password"
              autoComplete="current-password"
              value={key}
              onChange={(event) => setKey(event.target.value)}
              placeholder="tw_…"
              required
            />
          )}
        </Field>
        <Button kind="primary" type="submit" isBusy={isBusy}>
          Sign in
        </Button>
      </form>
    </main>
  );
}

type SignIn = { token: string } | { key: string };

function useSignIn(back: string) {
  const queries = useQueryClient();
  const router = useRouter();
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const signIn = async (body: SignIn) => {
    setBusy(true);
    setError(null);
    try {
      queries.clear();
      queries.setQueryData(sessionQuery.queryKey, await answerOf(api.POST('/api/sessions', { body })));
      // Only a path of this page: anything else could lead away from it.
      await router.navigate({ href: /^\/(?![/\\])/.test(back) ? back : '/logs' });
    } catch (caught) {
      setError(caught);
    } finally {
      setBusy(false);
    }
  };
  return { signIn, isBusy, error };
}
