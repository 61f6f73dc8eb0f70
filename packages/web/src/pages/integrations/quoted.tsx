/** Text as the server writes it: what is between backticks is code. */
export function Quoted({ text }: { text: string }) {
  return text.split('`').map((part, index) => {
    if (index % 2 === 0) return part;
    const key = `code ${index}`;
    return (
      <code key={key} className="rounded bg-sunken px-1 font-mono text-[0.95em] break-words">
        {part}
      </code>
    );
  });
}
