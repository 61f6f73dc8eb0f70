import { useQuery } from '@tanstack/react-query';
import { answerOf, api } from '../../../api/client.ts';
import { CodeBlock } from '../../../components/display.tsx';
import { ErrorNotice, Loading } from '../../../components/notice.tsx';
import { Dialog } from '../../../components/overlays.tsx';

/** One dead letter: which events were refused and why, and its body. */
export function LetterDialog({ id, onClose }: { id: string; onClose(): void }) {
  const letter = useQuery({
    queryKey: ['dead-letters', id],
    queryFn: ({ signal }) =>
      answerOf(api.GET('/api/dead-letters/{letter_id}', { params: { path: { letter_id: id } }, signal })),
  });
  return (
    <Dialog isOpen onClose={onClose} title="Dead letter" size="wide">
      {letter.isError && <ErrorNotice error={letter.error} onRetry={letter.refetch} />}
      {letter.isPending && <Loading rows={8} />}
      {letter.data !== undefined && (
        <div className="flex flex-col gap-4">
          <p className="font-medium break-words">{letter.data.reason}</p>
          {letter.data.rejections.length > 0 && (
            <section>
              <h3 className="mb-1 font-semibold">Refused events</h3>
              <ul className="flex flex-col gap-1">
                {letter.data.rejections.map(({ index, field, error }) => (
                  <li key={`${index} ${field}`} className="break-words">
                    <span className="text-muted">Event {index}</span>
                    {field !== '' && <code className="ml-2 font-mono">{field}</code>} <span>{error}</span>
                  </li>
                ))}
              </ul>
            </section>
          )}
          <section>
            <h3 className="mb-1 font-semibold">Body</h3>
            <CodeBlock code={letter.data.body_text ?? letter.data.body_base64 ?? 'It was not kept.'} />
          </section>
        </div>
      )}
    </Dialog>
  );
}
