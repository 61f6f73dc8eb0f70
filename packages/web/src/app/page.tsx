import { type ReactNode, useEffect } from 'react';

interface PageProps {
  title: string;
  /** At the right of the title: time range, buttons. */
  actions?: ReactNode;
  /** `full`: as high as the window, the page scrolls inside. */
  layout?: 'flow' | 'full';
  children: ReactNode;
}

/** One page: its heading, its tools, its contents. */
export function Page({ title, actions, layout = 'flow', children }: PageProps) {
  useEffect(() => {
    document.title = `${title} · Tailwater`;
  }, [title]);
  const isFull = layout === 'full';
  return (
    <div className={isFull ? 'flex h-full min-h-0 flex-col' : 'mx-auto flex max-w-[100rem] flex-col gap-4 p-3 md:p-5'}>
      <div className={`flex min-h-9 flex-wrap items-center gap-2 ${isFull ? 'px-3 pt-3 md:px-4' : ''}`}>
        {/* On a phone the bar below names the page, and the height is for what it shows. */}
        <h1 className={`mr-auto text-lg font-semibold ${isFull ? 'max-md:sr-only' : ''}`}>{title}</h1>
        {actions}
      </div>
      {children}
    </div>
  );
}
