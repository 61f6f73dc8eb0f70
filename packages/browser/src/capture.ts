import type { Repeats } from './repeats.ts';
import { exceptionOf, withoutQueries } from './text.ts';
import { wrap } from './trace.ts';
import type { BrowserOptions, Metadata, Severity } from './types.ts';

interface Fault {
  eventType: string;
  severity: Severity;
  message: string;
  logger?: string;
  metadata?: Metadata;
}

/** Listens for what goes wrong in the page. @returns Takes the listeners off again. */
export function captureFaults(
  { captureErrors = true, captureResources = false, captureConsole = [] }: BrowserOptions,
  repeats: Repeats,
  guarded: <A extends unknown[]>(run: (...args: A) => void) => (...args: A) => void,
): () => void {
  const add = (fault: Fault, thrown?: unknown) => {
    const exception = thrown === undefined ? undefined : exceptionOf(thrown);
    const metadata = { ...fault.metadata, exception };
    repeats.add(exception?.stacktrace ?? fault.eventType + fault.message, { ...fault, metadata });
  };
  const undo: (() => void)[] = [];
  const listen = (type: string, run: (event: Event) => void) => {
    const listener = guarded(run);
    // Resources that fail do not bubble, but are seen on the way down.
    addEventListener(type, listener, true);
    undo.push(() => removeEventListener(type, listener, true));
  };
  if (captureErrors || captureResources) {
    listen('error', (event) => {
      if (!(event instanceof ErrorEvent)) {
        if (captureResources) add(unloaded(event.target as Element));
      } else if (captureErrors) add(uncaught(event), event.error ?? undefined);
    });
  }
  if (captureErrors) {
    listen('unhandledrejection', (event) => {
      const { reason } = event as PromiseRejectionEvent;
      const { type, message } = exceptionOf(reason);
      const text = `Uncaught (in promise) ${type === undefined ? '' : `${type}: `}${message}`;
      add({ eventType: 'unhandled_rejection', severity: 'error', message: text }, reason ?? String(reason));
    });
  }
  for (const method of captureConsole) {
    const said = guarded((args: unknown[]) => {
      const message = args.map((arg) => exceptionOf(arg).message).join(' ');
      const thrown = args.find((arg) => arg instanceof Error);
      add({ eventType: 'console', severity: method, message, logger: 'console' }, thrown);
    });
    undo.push(
      wrap(console, method, (own) => (...args) => {
        own.apply(console, args);
        said(args);
      }),
    );
  }
  return () => {
    for (const back of undo) back();
  };
}

function uncaught({ message, filename, lineno, colno }: ErrorEvent): Fault {
  const metadata = { file: withoutQueries(filename), line: lineno, column: colno };
  return { eventType: 'uncaught_error', severity: 'error', message: withoutQueries(message), metadata };
}

function unloaded(element: Element): Fault {
  const url = withoutQueries(element.getAttribute('src') ?? element.getAttribute('href') ?? '').replace(/[?#].*/, '');
  const name = element.localName;
  const message = `${name} ${url} could not be loaded`;
  return { eventType: 'resource_error', severity: 'error', message, metadata: { element: name, url } };
}
