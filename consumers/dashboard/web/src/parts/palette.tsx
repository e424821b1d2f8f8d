// The command palette: Ctrl+K or Cmd+K anywhere, "/" to search. Pages, actions and migrations by name, all by keyboard.
import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { getJson, seg, withQuery } from "../api";
import { go } from "../router";
import { desktopNotes, sound, theme } from "../settings";
import type { Task } from "../types";

export const paletteOpen = signal(false);

interface Command {
  title: string;
  hint: string;
  run: () => void;
}

const PAGES: [string, string][] = [
  ["Overview", "/"],
  ["Migrations", "/migrations"],
  ["Plans", "/plans"],
  ["Pipeline", "/pipeline"],
  ["Audit", "/audit"],
  ["Notifications", "/notifications"],
];

const COMMANDS: Command[] = [
  ...PAGES.map(([title, address]) => ({ title, hint: "page", run: () => go(address) })),
  { title: "Migrations that failed", hint: "view", run: () => go("/migrations?list=failed") },
  { title: "Migrations that are stalled", hint: "view", run: () => go("/migrations?list=stalled") },
  { title: "Theme: as the system has it", hint: "setting", run: () => (theme.value = "system") },
  { title: "Theme: light", hint: "setting", run: () => (theme.value = "light") },
  { title: "Theme: dark", hint: "setting", run: () => (theme.value = "dark") },
  { title: "Sound for failures: on or off", hint: "setting", run: () => (sound.value = !sound.value) },
  { title: "Browser notifications: on or off", hint: "setting", run: toggleDesktopNotes },
  { title: "Print this page", hint: "action", run: () => setTimeout(() => print(), 50) },
];

export async function toggleDesktopNotes(): Promise<void> {
  if (desktopNotes.value) {
    desktopNotes.value = false;
  } else if ("Notification" in window) {
    desktopNotes.value = (await Notification.requestPermission()) === "granted";
  }
}

function useFound(text: string): Command[] {
  const [found, setFound] = useState<Command[]>([]);
  useEffect(() => {
    setFound([]);
    if (text.length < 2) return undefined;
    const abort = new AbortController();
    const timer = setTimeout(() => {
      getJson<{ tasks: Task[] }>(withQuery("/api/v1/search", { q: text, limit: 8 }), abort.signal).then(
        (answer) =>
          setFound(answer.tasks.map((task) => ({ title: task.vm_name || task.task_id, hint: `${task.task_id} · ${task.status}`, run: () => go(`/migrations/${seg(task.task_id)}`) }))),
        () => {},
      );
    }, 120);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [text]);
  return found;
}

export function Palette(): JSX.Element | null {
  return paletteOpen.value ? <OpenPalette /> : null;
}

function OpenPalette(): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const found = useFound(text.trim());
  const wanted = text.trim().toLowerCase();
  const commands = [...found, ...COMMANDS.filter((each) => each.title.toLowerCase().includes(wanted))];
  if (wanted) commands.push({ title: `Search the audit for "${text.trim()}"`, hint: "audit", run: () => go(withQuery("/audit", { q: text.trim() })) });
  const chosen = Math.min(at, commands.length - 1);
  // Before the next key: what somebody types fast must not be lost.
  useLayoutEffect(() => {
    dialog.current?.showModal();
  }, []);
  const close = () => (paletteOpen.value = false);
  const run = (command: Command | undefined) => {
    close();
    command?.run();
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.key === "ArrowDown") setAt(Math.min(chosen + 1, commands.length - 1));
    else if (event.key === "ArrowUp") setAt(Math.max(chosen - 1, 0));
    else if (event.key === "Enter") run(commands[chosen]);
    else return;
    event.preventDefault();
  };
  return (
    <dialog class="palette" ref={dialog} aria-label="Search and commands" onClose={close} onClick={(event) => event.target === dialog.current && close()}>
      <input
        type="text"
        role="combobox"
        aria-expanded="true"
        aria-controls="palette-list"
        aria-activedescendant={chosen >= 0 ? `palette-${chosen}` : undefined}
        aria-label="Search migrations, pages and settings"
        placeholder="Search migrations, pages, settings"
        autocomplete="off"
        value={text}
        onInput={(event) => {
          setText(event.currentTarget.value);
          setAt(0);
        }}
        onKeyDown={onKey}
      />
      <div id="palette-list" role="listbox" aria-label="Found">
        {commands.map((command, i) => (
          <div key={`${command.hint} ${command.title}`} id={`palette-${i}`} role="option" tabIndex={-1} aria-selected={i === chosen} class="option" onClick={() => run(command)} onMouseMove={() => setAt(i)}>
            <bdi>{command.title}</bdi>
            <span class="muted">{command.hint}</span>
          </div>
        ))}
      </div>
    </dialog>
  );
}

/** "/" searches, "g" and a letter goes somewhere, as in other tools of the trade. */
export function startKeys(): void {
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      paletteOpen.value = true;
      return;
    }
    const target = event.target as HTMLElement;
    const typing = target.isContentEditable || ["INPUT", "SELECT", "TEXTAREA"].includes(target.tagName);
    if (typing || event.ctrlKey || event.metaKey || event.altKey || event.key !== "/") return;
    event.preventDefault();
    const search = document.querySelector<HTMLInputElement>("[data-search]");
    if (search) search.focus();
    else paletteOpen.value = true;
  });
}
