const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
const NUMBER = /^-?(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;

/**
 * Parse JSON so that every number says what it said: one that JavaScript would round, such as
 * 9007199254740993, becomes a text of its digits.
 *
 * Throws a SyntaxError for what is no JSON.
 */
export function parseExactly(text: string): unknown {
  const value: unknown = JSON.parse(text);
  const exact = text.replace(TOKEN, (token) =>
    token.startsWith('"') || isHeld(token) ? token : `"${token}"`,
  );
  return exact === text ? value : JSON.parse(exact);
}

/** Whether a number is worth the same once JavaScript has read it; 31.80 is, as 31.8. */
function isHeld(token: string): boolean {
  const number = Number(token);
  return Number.isFinite(number) && worth(token) === worth(String(number));
}

/** Its digits that count, and where the point is among them: alike for 1e2, 100 and 100.0. */
function worth(token: string): string {
  const [, whole = "", fraction = "", exponent = "0"] = NUMBER.exec(token) ?? [];
  const digits = (whole + fraction).replace(/^0+/, "");
  const counting = digits.replace(/0+$/, "");
  const point = Number(exponent) - fraction.length + (digits.length - counting.length);
  return counting === "" ? "0" : `${counting}e${point}`;
}
