// What people should hear of, newest first; being here marks all as read.
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { getJson, withQuery } from "../api";
import * as format from "../format";
import { markRead, notes } from "../live";
import { toggleDesktopNotes } from "../parts/palette";
import { Badge, Empty, Loading, Time, useBeat } from "../parts/basics";
import { placeOfNote, unreadBy } from "../note";
import { desktopNotes, readMark, sound } from "../settings";
import type { Note, Notes } from "../types";

export function NotificationsPage(): JSX.Element {
  useBeat(10_000);
  const [since] = useState(readMark.value); // what was unread when the page was opened stays marked
  const [older, setOlder] = useState<Note[]>([]);
  const [cursor, setCursor] = useState<string | null | undefined>(undefined);
  const [severity, setSeverity] = useState("");
  const newest = notes.value as (Notes & { next_cursor?: string | null }) | null;
  useEffect(() => {
    const timer = setTimeout(markRead, 1500);
    return () => clearTimeout(timer);
  }, [newest]);
  if (!newest) return <Loading lines={6} />;
  const next = cursor === undefined ? newest.next_cursor : cursor;
  const seen = new Set(newest.notifications.map((note) => note.id));
  const all = [...newest.notifications, ...older.filter((note) => !seen.has(note.id))];
  const shown = all.filter((note) => !severity || note.severity === severity);
  const loadOlder = async () => {
    const page = await getJson<Notes & { next_cursor: string | null }>(withQuery("/api/v1/notifications", { cursor: next ?? undefined }));
    setOlder([...older, ...page.notifications]);
    setCursor(page.next_cursor);
  };
  return (
    <>
      <div class="page-head with-aside">
        <h1>Notifications</h1>
        <div class="toolbar">
          <select aria-label="Severity" value={severity} onChange={(event) => setSeverity(event.currentTarget.value)}>
            <option value="">All</option>
            <option value="error">Errors</option>
            <option value="warning">Warnings</option>
            <option value="info">Information</option>
          </select>
          <label class="check">
            <input type="checkbox" checked={desktopNotes.value} onChange={() => void toggleDesktopNotes()} /> Browser notifications
          </label>
          <label class="check">
            <input type="checkbox" checked={sound.value} onChange={() => (sound.value = !sound.value)} /> Sound for failures
          </label>
        </div>
      </div>
      {shown.length === 0 ? (
        <Empty title="There is nothing to tell." />
      ) : (
        <ol class="notes">
          {shown.map((note) => (
            <li key={note.id} class={unreadBy(note, since) ? "unread" : ""}>
              <Badge status={note.severity} />
              <div class="note-body">
                <a href={placeOfNote(note)}>
                  <strong>{format.words(note.kind)}</strong> <bdi>{note.name}</bdi>
                </a>
                {note.text && (
                  <p class="muted small">
                    <bdi>{note.text}</bdi>
                  </p>
                )}
              </div>
              <span class="muted small nowrap">
                {unreadBy(note, since) && <span class="new">new</span>} <Time at={note.timestamp} style="ago" />
              </span>
            </li>
          ))}
        </ol>
      )}
      {next && (
        <p class="more">
          <button type="button" onClick={() => void loadOlder()}>
            Older
          </button>
        </p>
      )}
    </>
  );
}
