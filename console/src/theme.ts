/** Light or dark: as the reader chose here, else as the reader's system is set. */
const STORED = "triggers.theme";

export type Theme = "light" | "dark";

export function themeNow(): Theme {
  const chosen = localStorage.getItem(STORED);
  if (chosen === "light" || chosen === "dark") return chosen;
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

export function setTheme(theme: Theme): void {
  localStorage.setItem(STORED, theme);
  document.documentElement.dataset["theme"] = theme;
}

export function applyTheme(): void {
  document.documentElement.dataset["theme"] = themeNow();
}
