// Where a note leads, and whether this browser has seen it. Pure.
import type { Note } from "./types";

const seg = encodeURIComponent;

export function placeOfNote(note: Note): string {
  if (note.kind.startsWith("plan.")) return `/plans/${seg(note.subject)}`;
  if (note.kind === "delivery.endpoint_disabled" || note.kind.startsWith("worker.")) return "/pipeline";
  if (note.kind.startsWith("alert.")) return "/pipeline";
  return `/migrations/${seg(note.subject)}`;
}

const markOf = (note: Note): [number, string] => [note.at_ms, note.id];

/** Whether the note is newer than the read mark "<ms>:<id>". */
export function unreadBy(note: Note, mark: string | null): boolean {
  if (mark === null) return true;
  const colon = mark.indexOf(":");
  const at = Number(mark.slice(0, colon));
  const [noteAt, id] = markOf(note);
  return noteAt > at || (noteAt === at && id > mark.slice(colon + 1));
}
