// What the page knows of the world, kept current by one stream for all tabs of this browser: the tab that holds the lock
// has the connection and tells the others.
import { signal } from "@preact/signals";
import { getJson, withQuery } from "./api";
import { Rows } from "./rows";
import type { Coverage, Dashboard, Figures, Note, Notes, Task } from "./types";
import { readMark } from "./settings";

const SILENCE_MS_MAX = 12_000; // the server tells figures every two seconds while somebody watches
const REOPEN_MS = 1_500;
const DASHBOARD_MS = 5_000;
const PAGE_ROWS = 1_000;
const ACTIVE_ROWS_MAX = 20_000;
const ENDED_ROWS_MAX = 2_000;

export type Connection = "connecting" | "live" | "lost";

export const connection = signal<Connection>("connecting");
export const lastHeard = signal<number | null>(null); // server time, ms
export const dashboard = signal<Dashboard | null>(null);
export const figures = signal<Figures | null>(null);
export const dashboardError = signal<string | null>(null);
export const coverage = signal<Coverage>({});
export const notes = signal<Notes | null>(null);
export const freshNotes = signal<Note[]>([]); // those that came while the page is open and nobody has dismissed
export const rows = new Rows();
export const rowsVersion = signal(0);
export const loaded = signal(false);
/** How often everything has been read anew. */
export const loads = signal(0);
export const tooMany = signal(false);
/** Rows that the stream has brought, for charts of one task. */
export const taskListeners = new Set<(task: Task) => void>();

let serverAhead = 0; // server's clock minus ours, ms
export const serverNow = (): number => Date.now() + serverAhead;

function heard(time: string): void {
  const at = Date.parse(time);
  if (Number.isNaN(at)) return;
  serverAhead = at - Date.now();
  lastHeard.value = at;
}

let framePending = false;
function showRows(): void {
  if (framePending) return;
  framePending = true;
  requestAnimationFrame(() => {
    framePending = false;
    rowsVersion.value = rows.version;
  });
}

// --- snapshots ---

const toldMeanwhile = new Set<string>();
let loading: Promise<void> | null = null;
let loadAgain = false;

async function readList(list: string, max: number): Promise<Task[]> {
  const out: Task[] = [];
  let cursor: string | null = null;
  do {
    const page: { tasks: Task[]; next_cursor: string | null } & Coverage = await getJson(
      withQuery("/api/v1/tasks", { list, limit: PAGE_ROWS, cursor: cursor ?? undefined }),
    );
    coverage.value = page;
    out.push(...page.tasks);
    cursor = page.next_cursor;
    // The first page is shown at once.
    if (!loaded.value) {
      rows.merge(page.tasks);
      loaded.value = true;
      showRows();
    }
  } while (cursor !== null && out.length < max);
  if (cursor !== null) tooMany.value = true;
  return out;
}

async function loadOnce(): Promise<void> {
  toldMeanwhile.clear();
  tooMany.value = false;
  const lists = await Promise.all([
    readList("active", ACTIVE_ROWS_MAX),
    readList("pending", ENDED_ROWS_MAX),
    readList("failed", ENDED_ROWS_MAX),
    readList("completed", ENDED_ROWS_MAX),
    readList("cancelled", PAGE_ROWS),
  ]);
  rows.replace(lists.flat(), toldMeanwhile);
  loaded.value = true;
  loads.value += 1;
  showRows();
}

export function load(): Promise<void> {
  if (loading) {
    loadAgain = true;
    return loading;
  }
  loading = loadOnce()
    .catch(() => {
      loadAgain = true;
    })
    .finally(() => {
      loading = null;
      if (!loadAgain) return;
      loadAgain = false;
      setTimeout(load, REOPEN_MS);
    });
  return loading;
}

export async function loadDashboard(): Promise<void> {
  try {
    const answer = await getJson<Dashboard>("/api/v1/dashboard");
    dashboard.value = answer;
    figures.value = answer;
    coverage.value = answer;
    dashboardError.value = null;
    heard(answer.timestamp);
  } catch (error) {
    dashboardError.value = error instanceof Error ? error.message : String(error);
  }
}

// --- notes ---

const FRESH_MAX = 4;
let known: Set<string> | null = null;

export async function loadNotes(): Promise<void> {
  try {
    const answer = await getJson<Notes>(withQuery("/api/v1/notifications", { seen: readMark.value ?? undefined }));
    notes.value = answer;
    if (known) {
      const before = known;
      const news = answer.notifications.filter((note) => !before.has(note.id));
      if (news.length > 0) freshNotes.value = [...news, ...freshNotes.value].slice(0, FRESH_MAX);
    }
    known = new Set(answer.notifications.map((note) => note.id));
  } catch {
    // the banner tells of a server that does not answer
  }
}

export function markRead(): void {
  const all = notes.value;
  if (!all?.read_mark || all.unread === 0) return;
  readMark.value = all.read_mark;
  notes.value = { ...all, unread: 0 };
}

// --- the stream ---

type Word = { event: string; data: string } | { connection: Connection };

function take(word: Word): void {
  if ("connection" in word) {
    const before = connection.value;
    connection.value = word.connection;
    if (word.connection === "live" && before === "lost") catchUp();
    return;
  }
  const body = JSON.parse(word.data) as { time?: string; timestamp?: string; tasks?: Task[] };
  heard(body.time ?? body.timestamp ?? "");
  if (connection.value !== "live") take({ connection: "live" });
  if (word.event === "tasks" && body.tasks) takeTasks(body.tasks);
  if (word.event === "figures") figures.value = body as unknown as Figures;
  if (word.event === "reset") catchUp();
}

function takeTasks(tasks: Task[]): void {
  for (const task of tasks) {
    if (loading) toldMeanwhile.add(task.task_id);
    for (const listener of taskListeners) listener(task);
  }
  rows.merge(tasks);
  showRows();
  if (tasks.some((task) => task.list === "failed")) void loadNotes();
  if (tasks.some((task) => task.list !== "active")) soon();
}

let soonPending = false;
function soon(): void {
  if (soonPending) return;
  soonPending = true;
  setTimeout(() => {
    soonPending = false;
    void loadDashboard();
  }, 500);
}

function catchUp(): void {
  void load();
  void loadDashboard();
  void loadNotes();
}

const EVENTS = ["hello", "tasks", "figures", "reset"];

/** Holds the connection and tells `say` of everything; opens it again when it breaks or falls silent. */
function connect(say: (word: Word) => void): void {
  let source: EventSource | null = null;
  let lastId = "";
  let heardAt = performance.now();
  let lost = false;
  const open = () => {
    source?.close();
    source = new EventSource(withQuery("/api/v1/stream", { last_event_id: lastId }));
    heardAt = performance.now();
    for (const name of EVENTS)
      source.addEventListener(name, (event: MessageEvent<string>) => {
        heardAt = performance.now();
        lastId = event.lastEventId;
        if (lost) say({ connection: "live" });
        lost = false;
        say({ event: name, data: event.data });
      });
    source.onerror = () => {
      if (!lost) say({ connection: "lost" });
      lost = true;
    };
  };
  open();
  setInterval(() => {
    const silent = performance.now() - heardAt > SILENCE_MS_MAX;
    if (silent && !lost) {
      lost = true;
      say({ connection: "lost" });
    }
    if (silent || source?.readyState === EventSource.CLOSED) open();
  }, REOPEN_MS);
}

function startStream(): void {
  if (!("locks" in navigator) || !("BroadcastChannel" in window)) return connect(take);
  const channel = new BroadcastChannel("godwit-stream");
  channel.onmessage = (event: MessageEvent<Word>) => take(event.data);
  void navigator.locks.request("godwit-stream", () => {
    connect((word) => {
      channel.postMessage(word);
      take(word);
    });
    return new Promise(() => {}); // held until this tab closes
  });
}

export function startLive(): void {
  startStream();
  void load();
  void loadDashboard();
  void loadNotes();
  setInterval(() => {
    if (document.hidden) return;
    void loadDashboard();
    void loadNotes();
  }, DASHBOARD_MS);
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) void loadDashboard();
  });
}
