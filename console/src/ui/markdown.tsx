import type { ComponentChildren } from "preact";

/** The little Markdown that the API's descriptions are written in: paragraphs, lists, code, bold. */
export function Markdown({ text }: { text: string | undefined }) {
  const blocks = (text ?? "").trim().split(/\n\s*\n/);
  return (
    <>
      {blocks.filter(Boolean).map((block, index) => {
        const lines = block.split("\n");
        if (lines.every((line) => /^\s*([-*]|\s{2,})/.test(line))) {
          const items = block.split(/^\s*[-*] /m).filter((item) => item.trim() !== "");
          return (
            <ul key={index} class="prose-list">
              {items.map((item) => (
                <li key={item}>{inline(item)}</li>
              ))}
            </ul>
          );
        }
        return <p key={index}>{inline(block)}</p>;
      })}
    </>
  );
}

/** A line of it. */
export function inline(text: string): ComponentChildren[] {
  return text.split(/(`[^`]+`|\*\*[^*]+\*\*)/).map((part, index) => {
    if (part.startsWith("`")) return <code key={index}>{part.slice(1, -1)}</code>;
    if (part.startsWith("**")) return <strong key={index}>{part.slice(2, -2)}</strong>;
    return part;
  });
}
