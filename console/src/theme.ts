/** Light or dark: as the reader chose here, else as the reader's system is set. */
const STORED = "triggers.theme";

const DARK = matchMedia("(prefers-color-scheme: dark)");

export type Theme = "light" | "dark";

export function themeNow(): Theme {
  const chosen = storedTheme();
  if (chosen === "light" || chosen === "dark") return chosen;
  return DARK.matches ? "dark" : "light";
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

/** As it is now, and as the system changes until the reader chooses. */
export function applyTheme(): void {
  const apply = () => (document.documentElement.dataset["theme"] = themeNow());
  apply();
  DARK.addEventListener("change", apply);
}
