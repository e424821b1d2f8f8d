// The table of all migrations: only the rows in sight are in the document, whatever their number.
import type { JSX } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { seg } from "../api";
import { csv, download } from "../csv";
import * as format from "../format";
import { loaded, loads, rows, rowsVersion, tooMany } from "../live";
import { Badge, Bar, Empty, Loading, Time, toneOf } from "../parts/basics";
import { go, place, setQuery } from "../router";
import { type Filter, orderIsLive, type Row, type Sort, type SortKey, select, timeLeft, windowOf } from "../rows";
import { hiddenColumns } from "../settings";

const ORDER_MS = 2_000; // how often the order is settled anew

interface Column {
  key: SortKey;
  title: string;
  width: string;
  cell: (row: Row) => JSX.Element | string;
}

const COLUMNS: Column[] = [
  {
    key: "name",
    title: "Name",
    width: "minmax(180px, 2.2fr)",
    cell: (row) => (
      <>
        <a class="name" href={`/migrations/${seg(row.task_id)}`} tabIndex={-1}>
          <bdi>{row.vm_name || row.task_id}</bdi>
        </a>
        <span class="muted small clip">{row.task_id}</span>
      </>
    ),
  },
  {
    key: "status",
    title: "Status",
    width: "minmax(118px, 1fr)",
    cell: (row) => (
      <>
        <Badge status={row.stalled ? "stalled" : row.status} />
        {row.list === "active" && row.current_stage && (
          <span class="muted small clip">
            {row.stage_index + 1}/{row.total_stages} {row.current_stage}
          </span>
        )}
      </>
    ),
  },
  {
    key: "progress",
    title: "Progress",
    width: "minmax(150px, 1.6fr)",
    cell: (row) => (
      <>
        <span class="num">{format.percent(row.percentage)}</span>
        <Bar label={`Progress of ${row.vm_name || row.task_id}`} percent={row.percentage} tone={toneOf(row)} small />
      </>
    ),
  },
  { key: "rate", title: "Rate", width: "96px", cell: (row) => (row.list === "active" ? format.rate(row.speed.bytesPerSecond) : "–") },
  { key: "eta", title: "Time left", width: "100px", cell: (row) => format.duration(timeLeft(row)) },
  { key: "provider", title: "Provider", width: "minmax(80px, 0.8fr)", cell: (row) => <bdi class="clip">{row.provider}</bdi> },
  { key: "attempt", title: "Attempt", width: "76px", cell: (row) => (row.attempt > 1 ? <span class="badge warn">↻ {row.attempt}</span> : String(row.attempt)) },
  { key: "started", title: "Started", width: "116px", cell: (row) => <Time at={row.start_time} /> },
  { key: "took", title: "Took", width: "104px", cell: (row) => format.duration(row.duration === null ? null : row.duration / 1e9) },
];

const LISTS: [Filter["list"], string][] = [
  ["all", "All"],
  ["active", "Active"],
  ["pending", "Waiting"],
  ["stalled", "Stalled"],
  ["retried", "Retried"],
  ["failed", "Failed"],
  ["completed", "Completed"],
  ["cancelled", "Cancelled"],
];

function filterOf(query: URLSearchParams): { filter: Filter; sort: Sort } {
  const list = LISTS.find(([name]) => name === query.get("list"))?.[0] ?? "all";
  const [key, way] = (query.get("sort") ?? "started.down").split(".");
  const known = COLUMNS.find((column) => column.key === key)?.key ?? "started";
  return { filter: { text: query.get("q") ?? "", list, provider: query.get("provider") ?? "" }, sort: { key: known, down: way === "down" } };
}

/** The rows in order; both are settled when the question changes, and else on a slow beat. */
function useSelected(filter: Filter, sort: Sort): Row[] {
  const question = JSON.stringify([filter, sort]);
  const [beat, setBeat] = useState(0);
  const seen = useRef(-1);
  useEffect(() => {
    const timer = setInterval(() => {
      const now = orderIsLive(sort.key) ? rows.version : rows.shape;
      if (!document.hidden && seen.current !== now) setBeat((n) => n + 1);
    }, ORDER_MS);
    return () => clearInterval(timer);
  }, [sort.key]);
  const ready = loaded.value;
  const read = loads.value;
  return useMemo(() => {
    seen.current = orderIsLive(sort.key) ? rows.version : rows.shape;
    return select(rows.all.values(), filter, sort);
  }, [question, beat, ready, read]);
}

function saveCsv(shown: Row[]): void {
  const head = ["task_id", "vm_name", "provider", "status", "attempt", "percentage", "current_stage", "bytes_done", "bytes_total", "start_time", "end_time", "duration_s", "plan_id", "error"];
  const body = shown.map((row) => {
    const now = rows.all.get(row.task_id) ?? row;
    return [now.task_id, now.vm_name, now.provider, now.status, now.attempt, now.percentage, now.current_stage, now.bytes_done, now.bytes_total, now.start_time, now.end_time, now.duration === null ? null : now.duration / 1e9, now.plan_id, now.error];
  });
  download("godwit-migrations.csv", "text/csv;charset=utf-8", csv(head, body));
}

function providersOf(): string[] {
  const names = new Set<string>();
  for (const row of rows.all.values()) if (row.provider) names.add(row.provider);
  return [...names].sort();
}

function Toolbar(props: { filter: Filter; sort: Sort; shown: Row[]; change: (part: Partial<Filter>, sort?: Sort) => void }): JSX.Element {
  const { filter, change } = props;
  const providers = useMemo(() => providersOf(), [rows.shape]);
  return (
    <search class="toolbar">
      <input data-search type="search" aria-label="Search migrations" placeholder="Search name, id, provider, plan ( / )" value={filter.text} onInput={(event) => change({ text: event.currentTarget.value })} />
      <select aria-label="Which migrations" value={filter.list} onChange={(event) => change({ list: event.currentTarget.value as Filter["list"] })}>
        {LISTS.map(([name, title]) => (
          <option key={name} value={name}>
            {title}
          </option>
        ))}
      </select>
      <select aria-label="Provider" value={filter.provider} onChange={(event) => change({ provider: event.currentTarget.value })}>
        <option value="">All providers</option>
        {providers.map((name) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
      <label class="phone-only">
        <span class="hidden">Order by</span>
        <select value={props.sort.key} onChange={(event) => change({}, { key: event.currentTarget.value as SortKey, down: true })}>
          {COLUMNS.map((column) => (
            <option key={column.key} value={column.key}>
              By {column.title.toLowerCase()}
            </option>
          ))}
        </select>
      </label>
      <details class="menu">
        <summary>Columns</summary>
        <div class="menu-body">
          {COLUMNS.slice(1).map((column) => (
            <label key={column.key}>
              <input
                type="checkbox"
                checked={!hiddenColumns.value.includes(column.key)}
                onChange={() => (hiddenColumns.value = hiddenColumns.value.includes(column.key) ? hiddenColumns.value.filter((key) => key !== column.key) : [...hiddenColumns.value, column.key])}
              />{" "}
              {column.title}
            </label>
          ))}
        </div>
      </details>
      <button type="button" onClick={() => saveCsv(props.shown)}>
        Save as CSV
      </button>
      <span class="muted toolbar-count" id="row-count">
        {format.count(props.shown.length)} of {format.count(rows.all.size)}
      </span>
    </search>
  );
}

export function MigrationsPage(): JSX.Element {
  const { filter, sort } = filterOf(place.value.query);
  const shown = useSelected(filter, sort);
  const change = (part: Partial<Filter>, order: Sort = sort) => {
    const next = { ...filter, ...part };
    const sorted = `${order.key}.${order.down ? "down" : "up"}`;
    setQuery({ q: next.text, list: next.list === "all" ? "" : next.list, provider: next.provider, sort: sorted === "started.down" ? "" : sorted });
  };
  return (
    <div class="fill-page">
      <div class="page-head">
        <h1>Migrations</h1>
      </div>
      <Toolbar filter={filter} sort={sort} shown={shown} change={change} />
      {tooMany.value && <p class="muted small">Only the newest are here: search in the palette (Ctrl+K) finds all.</p>}
      {!loaded.value ? (
        <Loading lines={10} />
      ) : rows.all.size === 0 ? (
        <Empty title="There is no migration yet.">
          <p class="muted">One appears here with its first event.</p>
        </Empty>
      ) : shown.length === 0 ? (
        <Empty title="No migration is like that.">
          <button type="button" onClick={() => setQuery({})}>
            Show all
          </button>
        </Empty>
      ) : (
        <Table shown={shown} sort={sort} onSort={(key) => change({}, { key, down: sort.key === key ? !sort.down : key !== "name" && key !== "provider" })} />
      )}
    </div>
  );
}

/** Keys move a focus that belongs to a task, so that it stays with its row wherever that goes. */
function Table({ shown, sort, onSort }: { shown: Row[]; sort: Sort; onSort: (key: SortKey) => void }): JSX.Element {
  void rowsVersion.value; // shown anew when rows change, at most once a frame
  const body = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 600, rowHeight: 48 });
  const [focus, setFocus] = useState<string | null>(null);
  const wanted = useRef(false);
  const columns = COLUMNS.filter((column) => !hiddenColumns.value.includes(column.key));
  const template = columns.map((column) => column.width).join(" ");

  useLayoutEffect(() => {
    const element = body.current;
    if (!element) return undefined;
    const measure = () => {
      const rowHeight = Number.parseFloat(getComputedStyle(element).getPropertyValue("--row")) || 48;
      setView({ top: element.scrollTop, height: element.clientHeight, rowHeight });
    };
    measure();
    element.addEventListener("scroll", measure, { passive: true });
    const watcher = new ResizeObserver(measure);
    watcher.observe(element);
    return () => {
      element.removeEventListener("scroll", measure);
      watcher.disconnect();
    };
  }, []);

  const { first, last } = windowOf(shown.length, view.rowHeight, view.top, view.height);
  const at = focus === null ? -1 : shown.findIndex((row) => row.task_id === focus);
  const tabStop = at >= first && at < last ? at : first;

  const move = (to: number) => {
    const index = Math.max(0, Math.min(shown.length - 1, to));
    const element = body.current;
    const row = shown[index];
    if (!element || !row) return;
    const y = index * view.rowHeight;
    if (y < element.scrollTop) element.scrollTop = y;
    else if (y + view.rowHeight > element.scrollTop + element.clientHeight) element.scrollTop = y + view.rowHeight - element.clientHeight;
    wanted.current = true;
    setFocus(row.task_id);
    setView({ ...view, top: element.scrollTop });
  };
  useLayoutEffect(() => {
    if (!wanted.current) return;
    const element = body.current?.querySelector<HTMLElement>('[data-focus="true"]');
    if (!element) return;
    wanted.current = false;
    element.focus({ preventScroll: true });
  });
  const onKey = (event: KeyboardEvent) => {
    const page = Math.max(1, Math.floor(view.height / view.rowHeight) - 1);
    const from = at >= 0 ? at : tabStop;
    const to: Record<string, number> = { ArrowDown: from + 1, ArrowUp: from - 1, PageDown: from + page, PageUp: from - page, Home: 0, End: shown.length - 1 };
    if (event.key === "Enter") {
      const row = shown[from];
      if (row) go(`/migrations/${seg(row.task_id)}`);
      return;
    }
    const next = to[event.key];
    if (next === undefined) return;
    event.preventDefault();
    move(next);
  };

  return (
    <div class="grid" role="grid" aria-label="Migrations" aria-rowcount={shown.length + 1} aria-colcount={columns.length} style={{ "--columns": template }}>
      <div class="grid-row grid-head" role="row" aria-rowindex={1}>
        {columns.map((column) => (
          <div key={column.key} role="columnheader" class={`c-${column.key}`} aria-sort={sort.key === column.key ? (sort.down ? "descending" : "ascending") : "none"}>
            <button type="button" class="sort" onClick={() => onSort(column.key)}>
              {column.title}
              <span aria-hidden="true">{sort.key === column.key ? (sort.down ? " ↓" : " ↑") : ""}</span>
            </button>
          </div>
        ))}
      </div>
      <div class="grid-body" role="rowgroup" ref={body} onKeyDown={onKey}>
        <div class="grid-space" role="presentation" style={{ height: `${shown.length * view.rowHeight}px` }}>
          {shown.slice(first, last).map((old, i) => {
            const row = rows.all.get(old.task_id) ?? old;
            const index = first + i;
            return (
              <div
                key={row.task_id}
                class="grid-row"
                role="row"
                aria-rowindex={index + 2}
                tabIndex={index === tabStop ? 0 : -1}
                data-focus={row.task_id === focus}
                data-task={row.task_id}
                style={{ transform: `translateY(${index * view.rowHeight}px)` }}
                onFocus={() => setFocus(row.task_id)}
                onDblClick={() => go(`/migrations/${seg(row.task_id)}`)}
              >
                {columns.map((column) => (
                  <div key={column.key} role="gridcell" class={`c-${column.key}`}>
                    {column.cell(row)}
                  </div>
                ))}
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}
