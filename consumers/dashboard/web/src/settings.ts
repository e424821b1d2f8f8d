// What this browser remembers. Nothing of it leaves the browser; where nothing can be remembered the page works as well.
import { effect, signal, type Signal } from "@preact/signals";

function remembered<T>(name: string, otherwise: T): Signal<T> {
  const key = `godwit.${name}`;
  let first = otherwise;
  try {
    const text = localStorage.getItem(key);
    if (text !== null) first = JSON.parse(text) as T;
  } catch {
    // no storage, or somebody else's words in it
  }
  const value = signal(first);
  effect(() => {
    const text = JSON.stringify(value.value);
    try {
      localStorage.setItem(key, text);
    } catch {
      // no storage
    }
  });
  return value;
}

export type Theme = "system" | "light" | "dark";

export const theme = remembered<Theme>("theme", "system");
export const hiddenColumns = remembered<string[]>("hidden-columns", []);
export const readMark = remembered<string | null>("read-mark", null);
export const desktopNotes = remembered<boolean>("desktop-notifications", false);
export const sound = remembered<boolean>("sound", false);

export const darkNow = signal(false);

export function startTheme(): void {
  const system = matchMedia("(prefers-color-scheme: dark)");
  const apply = () => {
    darkNow.value = theme.value === "dark" || (theme.value === "system" && system.matches);
    document.documentElement.dataset.theme = darkNow.value ? "dark" : "light";
  };
  system.addEventListener("change", apply);
  effect(apply);
}
