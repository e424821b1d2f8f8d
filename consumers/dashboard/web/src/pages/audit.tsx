// The audit: every record by filter, its bytes, and the proof that the log holds it, checked in this browser.
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { getJson, getText, seg, withQuery } from "../api";
import * as format from "../format";
import { Badge, Card, Empty, FactList, Failed, Loading, Partial, Time, useAsked } from "../parts/basics";
import { shownBytes } from "../bytes";
import { type Verdict, verify } from "../proof";
import { place, setQuery } from "../router";
import type { AuditEntry, Coverage } from "../types";
import { EventRows } from "./migration";

const PAGE_ROWS = 100;

const FIELDS: [name: string, title: string, example: string][] = [
  ["task_id", "Task", "task id"],
  ["vm_name", "VM", "name"],
  ["provider", "Provider", "vsphere"],
  ["user", "User", "name"],
  ["event_type", "Event type", "migration_failed"],
  ["plan_id", "Plan", "plan id"],
  ["start", "From", "2026-01-31T00:00:00Z"],
  ["end", "To", "2026-02-01T00:00:00Z"],
];

const FORMATS: [string, string][] = [
  ["csv", "CSV"],
  ["ndjson", "NDJSON"],
  ["cef", "CEF"],
  ["ocsf", "OCSF"],
];

type Filter = Record<string, string>;

function filterOf(query: URLSearchParams): Filter {
  const names = ["q", "success", ...FIELDS.map(([name]) => name)];
  return Object.fromEntries(names.map((name) => [name, query.get(name) ?? ""]));
}

function FilterForm({ filter }: { filter: Filter }): JSX.Element {
  const [draft, setDraft] = useState(filter);
  useEffect(() => setDraft(filter), [JSON.stringify(filter)]);
  const set = (name: string, value: string) => setDraft({ ...draft, [name]: value });
  const more = FIELDS.some(([name]) => filter[name]);
  return (
    <search>
      <form
        class="filter"
        onSubmit={(event) => {
          event.preventDefault();
          setQuery(draft);
        }}
      >
        <div class="toolbar">
          <input data-search type="search" aria-label="Free text" placeholder="Words in the record ( / )" value={draft.q} onInput={(event) => set("q", event.currentTarget.value)} />
          <select aria-label="Outcome" value={draft.success} onChange={(event) => setQuery({ ...draft, success: event.currentTarget.value })}>
            <option value="">Any outcome</option>
            <option value="true">Success</option>
            <option value="false">Failure</option>
          </select>
          <button type="submit" class="primary">
            Search
          </button>
          <button type="button" onClick={() => setQuery({})}>
            Clear
          </button>
        </div>
        <details open={more}>
          <summary>More filters</summary>
          <div class="fields">
            {FIELDS.map(([name, title, example]) => (
              <label key={name}>
                {title}
                <input type="text" placeholder={example} value={draft[name]} onInput={(event) => set(name, event.currentTarget.value)} />
              </label>
            ))}
          </div>
        </details>
      </form>
    </search>
  );
}

interface Page extends Coverage {
  events: AuditEntry[];
  next_cursor: string | null;
  ended_early?: boolean;
}

function Results({ filter }: { filter: Filter }): JSX.Element {
  const path = withQuery("/api/v1/audit", { ...filter, limit: PAGE_ROWS });
  const asked = useAsked<Page>(path, getJson);
  const [more, setMore] = useState<{ path: string; pages: Page[] }>({ path, pages: [] });
  const pages = more.path === path ? more.pages : [];
  if (!asked.value) return asked.error ? <Failed what="The audit does not answer." why={asked.error} again={asked.again} /> : <Loading lines={6} />;
  const last = pages[pages.length - 1] ?? asked.value;
  const events = [asked.value, ...pages].flatMap((page) => page.events);
  const loadMore = async () => {
    const next = await getJson<Page>(withQuery("/api/v1/audit", { ...filter, limit: PAGE_ROWS, cursor: last.next_cursor ?? undefined }));
    setMore({ path, pages: [...pages, next] });
  };
  return (
    <>
      <Partial of={asked.value} />
      {events.length === 0 ? <Empty title={last.next_cursor ? "Nothing yet among what was read." : "No record is like that."} /> : <EventRows events={events} />}
      {last.next_cursor && (
        <p class="more">
          <button type="button" onClick={() => void loadMore()}>
            {last.ended_early ? "Read on" : "Older"}
          </button>
        </p>
      )}
    </>
  );
}

function Export({ filter }: { filter: Filter }): JSX.Element {
  return (
    <details class="menu">
      <summary>Export</summary>
      <div class="menu-body">
        {FORMATS.map(([name, title]) => (
          <a key={name} href={withQuery("/api/v1/audit", { ...filter, format: name })} download>
            {title}
          </a>
        ))}
      </div>
    </details>
  );
}

interface OneEvent {
  event: AuditEntry;
  record: { key: string | null; value: string | null; headers: [string, string | null][]; topic: string; partition: number; offset: number };
}

export function RecordBytes({ id, source }: { id: string; source?: string | undefined }): JSX.Element {
  const asked = useAsked<OneEvent>(withQuery(`/api/v1/audit/${seg(id)}`, { source }), getJson);
  if (!asked.value) return asked.error ? <p class="error">{asked.error}</p> : <Loading lines={2} />;
  const { record } = asked.value;
  return (
    <>
      <p class="muted small">
        Key <code>{shownBytes(record.key)}</code>
        {record.headers.map(([name, value]) => (
          <span key={name}>
            {" "}
            · {name} <code>{shownBytes(value)}</code>
          </span>
        ))}
      </p>
      <pre tabIndex={0}>{shownBytes(record.value)}</pre>
    </>
  );
}

type Checked = { verdict: Verdict; proof: string } | { error: string } | "checking" | null;

function VerifyButton({ id, source }: { id: string; source: string | undefined }): JSX.Element {
  const [checked, setChecked] = useState<Checked>(null);
  const check = async () => {
    setChecked("checking");
    try {
      const [proof, key] = await Promise.all([getText(withQuery("/api/v1/audit/proof/inclusion", { event_id: id, source })), getText("/api/v1/audit/key")]);
      setChecked({ verdict: await verify(proof, key), proof });
    } catch (error) {
      setChecked({ error: error instanceof Error ? error.message : String(error) });
    }
  };
  return (
    <div class="verify">
      <button type="button" class="primary" disabled={checked === "checking"} onClick={() => void check()}>
        Verify this record
      </button>
      <div role="status">{checked && checked !== "checking" && <Outcome of={checked} />}</div>
    </div>
  );
}

function Outcome({ of }: { of: { verdict: Verdict; proof: string } | { error: string } }): JSX.Element {
  if ("error" in of) return <p class="banner warn">It could not be checked: {of.error}</p>;
  const { verdict } = of;
  const good = verdict.included && verdict.signature === "good";
  return (
    <>
      <p class={`banner ${good ? "good" : verdict.included && verdict.signature !== "bad" ? "warn" : "bad"}`} id="verdict">
        <strong>{verdict.included ? "The log holds this record." : "The proof does not hold."}</strong> Leaf {format.count(verdict.index)} of {format.count(verdict.size)} in <code>{verdict.origin}</code>; signature: {verdict.signature}. Checked in this browser, against the key that the audit gave: compare it with the one you pinned.
      </p>
      <details>
        <summary>The proof</summary>
        <pre tabIndex={0}>{of.proof}</pre>
      </details>
    </>
  );
}

function OneRecord({ id, source }: { id: string; source: string | undefined }): JSX.Element {
  const asked = useAsked<OneEvent>(withQuery(`/api/v1/audit/${seg(id)}`, { source }), getJson);
  if (!asked.value) return asked.error ? <Failed what="This record cannot be read." why={asked.error} again={asked.again} /> : <Loading lines={6} />;
  const { event } = asked.value;
  const facts: [string, JSX.Element | string | undefined][] = [
    ["Time", <Time at={event.timestamp} key="t" />],
    ["Status", <Badge status={event.status} key="s" />],
    ["Task", event.task_id && <a href={`/migrations/${seg(event.task_id)}`}>{event.task_id}</a>],
    ["VM", event.vm_name],
    ["Provider", event.provider],
    ["User", event.user],
    ["Address", event.ip_address],
    ["Source", event.source],
    ["Record", `${event.topic} ${event.partition}:${event.offset}`],
    ["Duration", event.duration === undefined ? undefined : format.duration(event.duration / 1e9)],
  ];
  return (
    <>
      <div class="page-head">
        <p class="crumbs">
          <a href="/audit">Audit</a> <span aria-hidden="true">/</span> <bdi class="muted">{id}</bdi>
        </p>
        <h1>{format.words(event.event_type)}</h1>
        {event.description && (
          <p>
            <bdi>{event.description}</bdi>
          </p>
        )}
        {event.error && (
          <p class="error">
            <bdi>{event.error}</bdi>
          </p>
        )}
      </div>
      <FactList facts={facts} />
      <VerifyButton id={id} source={event.source} />
      <Card title="As it came" id="bytes-title">
        <RecordBytes id={id} source={event.source} />
      </Card>
    </>
  );
}

export function AuditPage({ selected }: { selected: string | undefined }): JSX.Element {
  const filter = filterOf(place.value.query);
  if (selected) return <OneRecord id={selected} source={place.value.query.get("source") ?? undefined} key={selected} />;
  return (
    <>
      <div class="page-head with-aside">
        <h1>Audit</h1>
        <Export filter={filter} />
      </div>
      <FilterForm filter={filter} />
      <Results filter={filter} />
    </>
  );
}
