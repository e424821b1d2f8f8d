// Small things every page is made of.
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import * as format from "../format";
import { rowsVersion, serverNow } from "../live";
import type { Coverage } from "../types";

/** In the viewer's zone; UTC on hover. */
export function Time({ at, style = "day" }: { at: string | number | null | undefined; style?: "day" | "clock" | "ago" }): JSX.Element {
  if (at == null) return <span class="muted">–</span>;
  const time = new Date(at);
  const shown = style === "ago" ? format.ago((serverNow() - time.getTime()) / 1000) : style === "clock" ? format.clockTime(time) : format.dayTime(time);
  return (
    <time dateTime={time.toISOString()} title={format.utcTime(time)}>
      {shown}
    </time>
  );
}

const MARKS: Record<string, [mark: string, tone: string]> = {
  completed: ["✓", "good"],
  succeeded: ["✓", "good"],
  healthy: ["✓", "good"],
  ready: ["✓", "good"],
  failed: ["✕", "bad"],
  exhausted: ["✕", "bad"],
  error: ["✕", "bad"],
  degraded: ["!", "bad"],
  "no answer": ["✕", "bad"],
  stalled: ["‖", "warn"],
  warning: ["!", "warn"],
  paused: ["‖", "warn"],
  retrying: ["↻", "warn"],
  "catching up": ["↻", "warn"],
  pending: ["…", "idle"],
  created: ["…", "idle"],
  waiting: ["…", "idle"],
  cancelled: ["–", "idle"],
  info: ["i", "idle"],
};

/** Never by colour alone: a mark and a word. */
export function Badge({ status }: { status: string }): JSX.Element {
  const [mark, tone] = MARKS[status] ?? ["▸", "busy"];
  return (
    <span class={`badge ${tone}`}>
      <span aria-hidden="true">{mark}</span> {status}
    </span>
  );
}

export function Bar(props: { label: string; percent: number | null; tone: string; text?: string; small?: boolean }): JSX.Element {
  const known = props.percent !== null;
  return (
    <div
      class={`bar ${props.tone}${props.small ? " small" : ""}${known ? "" : " unknown"}`}
      role="progressbar"
      aria-label={props.label}
      aria-valuemin={0}
      aria-valuemax={100}
      {...(known ? { "aria-valuenow": Math.round((props.percent ?? 0) * 10) / 10 } : {})}
      aria-valuetext={props.text ?? format.percent(props.percent)}
    >
      <div class="fill" style={{ transform: `scaleX(${(props.percent ?? 0) / 100})` }} />
    </div>
  );
}

export function Card(props: { title: string; id: string; aside?: ComponentChildren; children: ComponentChildren; wide?: boolean }): JSX.Element {
  return (
    <section class={`card${props.wide ? " wide" : ""}`} aria-labelledby={props.id}>
      <header class="card-head">
        <h2 id={props.id}>{props.title}</h2>
        {props.aside}
      </header>
      {props.children}
    </section>
  );
}

/** `heading`: it is all there is on the page. */
export function Empty({ title, children, heading }: { title: string; children?: ComponentChildren; heading?: boolean }): JSX.Element {
  return (
    <div class="empty">
      {heading ? (
        <h1>{title}</h1>
      ) : (
        <p>
          <strong>{title}</strong>
        </p>
      )}
      {children}
    </div>
  );
}

export function Failed({ what, why, again }: { what: string; why: string; again?: () => void }): JSX.Element {
  return (
    <div class="empty failed" role="status">
      <p>
        <strong>{what}</strong>
      </p>
      <p class="muted">{why}</p>
      {again && (
        <button type="button" onClick={again}>
          Try again
        </button>
      )}
    </div>
  );
}

export function Loading({ lines = 3 }: { lines?: number }): JSX.Element {
  return (
    <div class="loading" role="status" aria-label="Loading">
      {Array.from({ length: lines }, (_, i) => (
        <div class="ghost" key={i} />
      ))}
    </div>
  );
}

export function Partial({ of }: { of: Coverage }): JSX.Element | null {
  if (!of.partial) return null;
  const missing = of.missing ?? [];
  return (
    <p class="banner warn" role="status">
      <strong>Some answers are missing.</strong> Nobody answers for partition{missing.length === 1 ? "" : "s"} {missing.join(", ")} now.
    </p>
  );
}

/** A region that scrolls sideways can be reached with the keyboard. */
export function Scroll({ label, children }: { label: string; children: ComponentChildren }): JSX.Element {
  return (
    <div class="scroll" role="group" aria-label={label} tabIndex={0}>
      {children}
    </div>
  );
}

/** The heads of a table's columns. */
export function Heads({ names }: { names: string[] }): JSX.Element {
  return (
    <thead>
      <tr>
        {names.map((head) => (
          <th scope="col" key={head}>
            {head}
          </th>
        ))}
      </tr>
    </thead>
  );
}

/** Names and values, without those that have none. */
export function FactList({ facts }: { facts: [string, JSX.Element | string | undefined][] }): JSX.Element {
  return (
    <dl class="facts">
      {facts
        .filter(([, value]) => value)
        .map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              <bdi>{value}</bdi>
            </dd>
          </div>
        ))}
    </dl>
  );
}

export function toneOf(task: { list?: string; status: string; stalled?: boolean; current_stage: string }): string {
  if (task.status === "failed") return "bad";
  if (task.stalled || task.status === "paused" || task.status === "retrying") return "warn";
  if (task.status === "completed") return "good";
  if (task.status === "cancelled" || task.status === "pending") return "idle";
  const stage = { export: "stage-1", conversion: "stage-2", upload: "stage-3" }[task.current_stage];
  return stage ?? "stage-4";
}

/** Loads again when `path` changes and every `everyMs` while somebody looks; keeps the last answer meanwhile. */
export function useAsked<T>(path: string | null, ask: (path: string, signal: AbortSignal) => Promise<T>, everyMs = 0) {
  const [answer, setAnswer] = useState<{ path: string; value: T } | null>(null);
  const [error, setError] = useState<string | null>(null);
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    if (path === null) return undefined;
    const abort = new AbortController();
    const run = () =>
      ask(path, abort.signal).then(
        (value) => {
          if (abort.signal.aborted) return;
          setAnswer({ path, value });
          setError(null);
        },
        (failure: unknown) => {
          if (!abort.signal.aborted) setError(failure instanceof Error ? failure.message : String(failure));
        },
      );
    void run();
    const timer = everyMs > 0 ? setInterval(() => void (document.hidden || run()), everyMs) : undefined;
    return () => {
      abort.abort();
      clearInterval(timer);
    };
  }, [path, everyMs, turn]);
  const value = answer && (everyMs > 0 || answer.path === path) ? answer.value : null;
  return { value, error, again: () => setTurn((n) => n + 1) };
}

/** Shows again each second, for ages, and whenever rows change. */
export function useBeat(ms = 1000): number {
  const [beat, setBeat] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => setBeat((n) => n + 1), ms);
    return () => clearInterval(timer);
  }, [ms]);
  return beat + rowsVersion.value * 1e-9;
}
