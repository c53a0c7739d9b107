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

/** The text of one member in that of an object; undefined if there is none. */
export function memberText(text: string, name: string): string | undefined {
  const tokens = text.match(TOKENS) ?? [];
  let depth = 0;
  let begin: number | undefined;
  for (const [at, token] of tokens.entries()) {
    const isOwn = depth === 1;
    if (begin !== undefined && isOwn && (token === "," || token === "}")) return tokens.slice(begin, at).join("");
    if (begin === undefined && isOwn && tokens[at + 1] === ":" && JSON.parse(token) === name) begin = at + 2;
    if (token === "{" || token === "[") depth += 1;
    if (token === "}" || token === "]") depth -= 1;
  }
  return undefined;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
