const TOKENS = /"(?:\\.|[^"\\])*"|\{\s*\}|\[\s*\]|[{}[\],:]|[^\s{}[\],:"]+/g;

/** JSON on lines of its own, each number and text as it was written; what is no JSON stays. */
export function indented(text: string): string {
  if (!isJson(text)) return text;
  let depth = 0;
  const line = (deeper: number) => `\n${"  ".repeat((depth += deeper))}`;
  const tokens = text.match(TOKENS) ?? [];
  const parts = tokens.map((token) => {
    if (token === "{" || token === "[") return token + line(1);
    if (token === "}" || token === "]") return line(-1) + token;
    if (token === ",") return token + line(0);
    return token === ":" ? ": " : token;
  });
  return parts.join("");
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
