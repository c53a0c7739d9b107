/** Light or dark: as the reader chose here, else as the reader's system is set. */
const STORED = "triggers.theme";

export type Theme = "light" | "dark";

export function themeNow(): Theme {
  const chosen = storedTheme();
  if (chosen === "light" || chosen === "dark") return chosen;
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

function storedTheme(): string | null {
  try {
    return localStorage.getItem(STORED);
  } catch {
    return null;
  }
}

export function setTheme(theme: Theme): void {
  try {
    localStorage.setItem(STORED, theme);
  } catch {
    // A page in a frame may not be allowed to keep anything: it is forgotten with the page.
  }
  document.documentElement.dataset["theme"] = theme;
}

export function applyTheme(): void {
  document.documentElement.dataset["theme"] = themeNow();
}
