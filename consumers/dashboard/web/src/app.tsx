// The frame around every page: navigation, connection, notes, palette.
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import * as format from "./format";
import { connection, coverage, figures, freshNotes, lastHeard, notes } from "./live";
import { AuditPage } from "./pages/audit";
import { MigrationPage } from "./pages/migration";
import { MigrationsPage } from "./pages/migrations";
import { NotificationsPage } from "./pages/notifications";
import { Overview } from "./pages/overview";
import { PipelinePage } from "./pages/pipeline";
import { PlanPage, PlansPage } from "./pages/plans";
import { placeOfNote } from "./note";
import { Badge, Empty } from "./parts/basics";
import { Palette, paletteOpen } from "./parts/palette";
import { place } from "./router";
import { desktopNotes, sound, theme } from "./settings";
import type { Note } from "./types";

const NAVIGATION: [string, string][] = [
  ["/", "Overview"],
  ["/migrations", "Migrations"],
  ["/plans", "Plans"],
  ["/pipeline", "Pipeline"],
  ["/audit", "Audit"],
];

const THEMES = { system: ["◐", "as the system has it"], light: ["☀", "light"], dark: ["☾", "dark"] } as const;
const NEXT_THEME = { system: "light", light: "dark", dark: "system" } as const;

function pageAt(path: string): [title: string, page: JSX.Element] {
  const [, first = "", second] = path.split("/");
  const id = second === undefined ? undefined : decodeURIComponent(second);
  if (first === "") return ["Overview", <Overview />];
  if (first === "migrations") return id ? [id, <MigrationPage id={id} key={id} />] : ["Migrations", <MigrationsPage />];
  if (first === "plans") return id ? [id, <PlanPage id={id} key={id} />] : ["Plans", <PlansPage />];
  if (first === "pipeline") return ["Pipeline", <PipelinePage />];
  if (first === "audit") return ["Audit", <AuditPage selected={id} />];
  if (first === "notifications") return ["Notifications", <NotificationsPage />];
  return ["Not found", <Empty title="There is no such page." heading>{<a href="/">To the overview</a>}</Empty>];
}

function Header(): JSX.Element {
  const unread = notes.value?.unread ?? 0;
  const shown = THEMES[theme.value];
  const here = `/${place.value.path.split("/")[1] ?? ""}`;
  const status = connection.value === "lost" ? "no answer" : (figures.value?.status ?? "connecting");
  return (
    <header class="top">
      <a class="brand" href="/" aria-label="Godwit, overview">
        <Logo />
        <span>Godwit</span>
      </a>
      <nav aria-label="Pages">
        {NAVIGATION.map(([address, title]) => (
          <a key={address} href={address} aria-current={here === address ? "page" : undefined}>
            {title}
          </a>
        ))}
      </nav>
      <div class="top-end">
        <span class="status">
          <Badge status={status} />
        </span>
        <button type="button" class="icon search" aria-label="Search and commands (Ctrl+K)" title="Search and commands (/ or Ctrl+K)" onClick={() => (paletteOpen.value = true)}>
          <span aria-hidden="true">⌕</span>
        </button>
        <a class="icon bell" href="/notifications" aria-label={unread > 0 ? `Notifications, ${unread} unread` : "Notifications"} aria-current={here === "/notifications" ? "page" : undefined}>
          <Bell />
          {unread > 0 && (
            <span class="count" aria-hidden="true">
              {unread > 49 ? "49+" : unread}
            </span>
          )}
        </a>
        <button type="button" class="icon" aria-label={`Theme: ${shown[1]}`} title={`Theme: ${shown[1]}`} onClick={() => (theme.value = NEXT_THEME[theme.value])}>
          <span aria-hidden="true">{shown[0]}</span>
        </button>
      </div>
    </header>
  );
}

const Logo = (): JSX.Element => (
  <svg class="logo" viewBox="0 0 32 32" aria-hidden="true">
    <path d="M3 21c6 4 14 4 19-2 2-2.5 3-5 3-8l5-2-5-1c-1-3-5-4-7-1-2 2.5-1 5-4 7-3 2-7 2-11 7z" />
  </svg>
);

const Bell = (): JSX.Element => (
  <svg class="glyph" viewBox="0 0 24 24" aria-hidden="true">
    <path d="M12 3a6 6 0 0 0-6 6v4l-2 4h16l-2-4V9a6 6 0 0 0-6-6zm-2.2 16a2.3 2.3 0 0 0 4.4 0z" />
  </svg>
);

/** Said once when the connection goes, and taken back when it is there again. */
function Banners(): JSX.Element {
  const [late, setLate] = useState(false);
  const lost = connection.value === "lost";
  useEffect(() => {
    const timer = setTimeout(() => setLate(lost), lost ? 700 : 0);
    return () => clearTimeout(timer);
  }, [lost]);
  const behind = coverage.value.catching_up?.length ?? 0;
  const missing = coverage.value.missing ?? [];
  return (
    <div class="banners" role="status">
      {lost && late && (
        <p class="banner bad" id="stale">
          <strong>Not live.</strong> The server does not answer
          {lastHeard.value !== null && <>; what you see is from {format.clockTime(new Date(lastHeard.value))}</>}. Connecting again by itself.
        </p>
      )}
      {coverage.value.partial && !lost && (
        <p class="banner warn" id="partial">
          <strong>Some figures are missing.</strong> No instance answers for partition{missing.length === 1 ? "" : "s"} {missing.join(", ")} now.
        </p>
      )}
      {behind > 0 && !lost && (
        <p class="banner" id="behind">
          <strong>Catching up.</strong> {behind} partition{behind === 1 ? " has" : "s have"} not been read to the end yet.
        </p>
      )}
    </div>
  );
}

function tellOutside(fresh: Note[]): void {
  const failed = fresh.filter((note) => note.severity === "error");
  if (failed.length === 0) return;
  if (sound.value) beep();
  if (!desktopNotes.value || !("Notification" in window) || Notification.permission !== "granted" || !document.hidden) return;
  for (const note of failed) new Notification(`${format.words(note.kind)}: ${note.name}`, { body: note.text.slice(0, 200), tag: note.id });
}

function beep(): void {
  const audio = new AudioContext();
  const tone = audio.createOscillator();
  const loudness = audio.createGain();
  loudness.gain.value = 0.08;
  tone.frequency.value = 520;
  tone.connect(loudness).connect(audio.destination);
  tone.start();
  tone.stop(audio.currentTime + 0.18);
  tone.onended = () => void audio.close();
}

function Toasts(): JSX.Element {
  const fresh = freshNotes.value;
  useEffect(() => {
    tellOutside(fresh.slice(0, 1));
    if (fresh.length === 0) return undefined;
    const timer = setTimeout(() => (freshNotes.value = freshNotes.value.slice(0, -1)), 12_000);
    return () => clearTimeout(timer);
  }, [fresh]);
  return (
    <div class="toasts" role="log" aria-live="polite" aria-label="New notifications">
      {fresh.map((note) => (
        <div class="toast" key={note.id}>
          <Badge status={note.severity} />
          <a href={placeOfNote(note)}>
            <strong>{format.words(note.kind)}</strong> <bdi>{note.name}</bdi>
          </a>
          <button type="button" class="icon" aria-label={`Dismiss: ${note.name}`} onClick={() => (freshNotes.value = fresh.filter((each) => each !== note))}>
            ×
          </button>
          {note.text && <p class="clip muted">{note.text}</p>}
        </div>
      ))}
    </div>
  );
}

export function App(): JSX.Element {
  const [title, page] = pageAt(place.value.path);
  useEffect(() => {
    document.title = `${title} · Godwit`;
  }, [title]);
  return (
    <>
      <a class="skip" href="#main" onClick={() => document.getElementById("main")?.focus()}>
        Skip to the content
      </a>
      <Header />
      <Banners />
      <main id="main" tabIndex={-1} class={connection.value === "lost" ? "stale" : ""}>
        {page}
      </main>
      <Toasts />
      <Palette />
    </>
  );
}

