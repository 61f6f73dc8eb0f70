import { useLayoutEffect, useRef, useState } from 'react';
import { Button } from '../../../components/button.tsx';
import { MessageText } from '../table/message-text.tsx';

/** Characters that are drawn here; Raw has all of them. */
const LENGTH_MAX = 20_000;

interface WholeMessageProps {
  text: string;
  highlight: readonly string[];
}

/** The beginning of a message, and the rest of it (a stack trace, say) by a button. */
export function WholeMessage({ text, highlight }: WholeMessageProps) {
  const [isWhole, setWhole] = useState(false);
  const [isCut, setCut] = useState(false);
  const paragraph = useRef<HTMLParagraphElement>(null);
  useLayoutEffect(() => {
    const element = paragraph.current;
    if (element === null) return;
    const measure = () => setCut(element.scrollHeight > element.clientHeight + 1);
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return (
    <>
      <div className={isWhole ? 'max-h-[40vh] overflow-y-auto' : undefined} {...(isWhole && { tabIndex: 0 })}>
        <p
          ref={paragraph}
          dir="auto"
          className={`font-mono text-xs leading-5 break-words whitespace-pre-wrap ${isWhole ? '' : 'line-clamp-4'}`}
        >
          <MessageText text={text} words={highlight} lengthMax={LENGTH_MAX} />
        </p>
      </div>
      {(isCut || isWhole) && (
        <Button
          kind="quiet"
          size="small"
          className="self-start"
          aria-expanded={isWhole}
          onClick={() => setWhole(!isWhole)}
        >
          {isWhole ? 'Show less' : 'Show the whole message'}
        </Button>
      )}
    </>
  );
}
