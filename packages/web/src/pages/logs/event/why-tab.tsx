import { useQuery } from '@tanstack/react-query';
import { answerOf, api } from '../../../api/client.ts';
import { chosenOrg } from '../../../api/org.ts';
import { useTimeZone } from '../../../app/time-zone.ts';
import { ErrorNotice, Loading } from '../../../components/notice.tsx';
import { whySteps } from './why-sentences.ts';

/** What happened to the event on its way: nothing happens to one in silence. */
export function WhyTab({ eventId }: { eventId: string }) {
  const [zone] = useTimeZone();
  const { data, error, refetch } = useQuery({
    queryKey: ['why', chosenOrg(), eventId],
    queryFn: ({ signal }) =>
      answerOf(api.GET('/api/logs/{event_id}/why', { params: { path: { event_id: eventId } }, signal })),
  });
  return (
    <section
      aria-label="Why is it here"
      tabIndex={0}
      className="min-h-0 flex-1 overflow-y-auto p-3 outline-offset-[-2px]"
    >
      {data === undefined && error === null && <Loading rows={7} />}
      {error !== null && <ErrorNotice error={error} onRetry={() => void refetch()} />}
      {data !== undefined && (
        <ol className="flex flex-col">
          {whySteps(data, zone).map(({ title, sentences }) => (
            <li
              key={title}
              className="relative pb-4 pl-6 before:absolute before:top-1.5 before:left-[5px] before:size-2.5 before:rounded-full before:bg-accent after:absolute after:top-4 after:bottom-0 after:left-[9px] after:w-px after:bg-line last:after:hidden"
            >
              <h3 className="font-medium">{title}</h3>
              {sentences.map((sentence) => (
                <p key={sentence} className="break-words text-muted">
                  {sentence}
                </p>
              ))}
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}
