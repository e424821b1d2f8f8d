// One migration: where it is, how it got there, what went wrong, what was said of it, and the proof.
import type { JSX } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { ApiError, getJson, seg, withQuery } from "../api";
import * as format from "../format";
import { rows, rowsVersion, serverNow, taskListeners } from "../live";
import { Badge, Bar, Card, Empty, FactList, Failed, Heads, Loading, Partial, Scroll, Time, toneOf, useAsked, useBeat } from "../parts/basics";
import { Chart } from "../parts/chart";
import { Gantt } from "../parts/gantt";
import { timeLeft } from "../rows";
import { type Timeline, timelineOf } from "../timeline";
import type { AuditEntry, Coverage, Delivery, Progress, Task } from "../types";

const EVENTS_MAX = 1000;
const SAMPLES_MAX = 900; // a chart that kept every point would grow without end

interface Story extends Coverage {
  events: AuditEntry[];
  next_cursor: string | null;
}

/** How fast it went since the page was opened, from the live stream. */
function useSamples(id: string): { times: number[]; speeds: (number | null)[] } {
  const [samples, setSamples] = useState<{ at: number; speed: number | null }[]>([]);
  useEffect(() => {
    const listener = (task: Task) => {
      if (task.task_id !== id || task.list !== "active") return;
      const speed = rows.all.get(id)?.speed.bytesPerSecond ?? null;
      setSamples((before) => {
        const at = Date.parse(task.updated_time) / 1000;
        if (before.length > 0 && (before[before.length - 1]?.at ?? 0) >= at) return before;
        return [...before.slice(-SAMPLES_MAX), { at, speed }];
      });
    };
    taskListeners.add(listener);
    return () => void taskListeners.delete(listener);
  }, [id]);
  return useMemo(() => ({ times: samples.map((each) => each.at), speeds: samples.map((each) => each.speed) }), [samples]);
}

function Facts({ task, timeline }: { task: Progress; timeline: Timeline }): JSX.Element {
  const row = rows.all.get(task.task_id);
  const left = row ? timeLeft(row) : undefined;
  const rate = (task.stages ?? []).find((stage) => stage.stage === task.current_stage)?.rate;
  const facts: [string, JSX.Element | string][] = [
    ["Provider", <bdi key="p">{task.provider}</bdi>],
    ["Attempt", String(task.attempt)],
    ["Started", <Time at={task.start_time} key="s" />],
    task.end_time ? ["Ended", <Time at={task.end_time} key="e" />] : ["Last heard of", <Time at={task.updated_time} style="ago" key="u" />],
  ];
  const ended = task.end_time && task.start_time;
  if (ended) facts.push(["Took", format.duration((Date.parse(task.end_time ?? "") - Date.parse(task.start_time ?? "")) / 1000)]);
  else {
    facts.push(["Rate", format.rate(rate ?? row?.speed.bytesPerSecond)]);
    facts.push(["Time left", format.duration(task.eta ?? left)]);
  }
  if (timeline.downtime_ms !== null) facts.push(["Downtime", format.duration(timeline.downtime_ms / 1000)]);
  if (task.host) facts.push(["Host", <bdi key="h">{task.host}</bdi>]);
  if (task.user) facts.push(["Asked by", <bdi key="b">{task.user}</bdi>]);
  if (task.plan_id)
    facts.push([
      "Plan",
      <a href={`/plans/${seg(task.plan_id)}`} key="l">
        <bdi>{task.plan_id}</bdi>
      </a>,
    ]);
  return (
    <dl class="facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function ErrorCard({ task }: { task: Progress }): JSX.Element | null {
  const details = task.error_details;
  if (!task.error) return null;
  const over = task.status === "failed";
  const facts: [string, string | undefined][] = [
    ["Code", details?.code],
    ["Class", details?.class],
    ["Phase", details?.phase],
    ["Exit code", details?.exit_code?.toString()],
    ["Signal", details?.signal?.toString()],
    ["May be tried again", details?.retryable === undefined ? undefined : details.retryable ? "yes" : "no"],
  ];
  return (
    <Card title={over ? "What went wrong" : "The last error"} id="error-title">
      <p class="error">{task.error}</p>
      <FactList facts={facts} />
      {details?.stderr_tail && (
        <>
          <h3>The end of its error output</h3>
          <pre tabIndex={0}>{details.stderr_tail}</pre>
        </>
      )}
    </Card>
  );
}

function amount(done: number | null, total: number | null): string {
  if (done === null && total === null) return "";
  return total === null ? format.bytes(done) : `${format.bytes(done)} of ${format.bytes(total)}`;
}

function Parts({ task }: { task: Progress }): JSX.Element | null {
  const stages = task.stages ?? [];
  const disks = task.disks ?? [];
  if (stages.length === 0 && disks.length === 0) return null;
  return (
    <Card title={disks.length > 0 ? "Stages and disks" : "Stages"} id="parts-title">
      <ul class="parts">
        {stages.map((stage) => (
          <li key={stage.stage}>
            <div class="line">
              <span>
                {format.words(stage.stage)} <span class="muted small">{stage.status}</span>
              </span>
              <span class="num">{format.percent(stage.percentage)}</span>
            </div>
            <Bar label={`Stage ${stage.stage}`} percent={stage.percentage} tone={toneOf({ status: stage.status === "failed" ? "failed" : stage.status === "completed" ? "completed" : "running", current_stage: stage.stage })} />
            <p class="muted small">
              {amount(stage.bytes_done, stage.bytes_total)}
              {stage.rate !== null && ` · ${format.rate(stage.rate)}`}
              {stage.eta !== null && ` · ${format.duration(stage.eta)} left`}
              {stage.message && (
                <>
                  {" · "}
                  <bdi>{stage.message}</bdi>
                </>
              )}
            </p>
          </li>
        ))}
        {disks.map((disk) => (
          <li key={disk.disk_index}>
            <div class="line">
              <span>Disk {disk.disk_index}</span>
              <span class="num">{format.percent(disk.percentage)}</span>
            </div>
            <Bar label={`Disk ${disk.disk_index}`} percent={disk.percentage} tone="stage-1" small />
            <p class="muted small">
              {amount(disk.bytes_done, disk.bytes_total)}
            </p>
          </li>
        ))}
      </ul>
    </Card>
  );
}

function Throughput({ id, timeline }: { id: string; timeline: Timeline }): JSX.Element {
  const { times, speeds } = useSamples(id);
  const series = useMemo(() => [{ label: "Rate", values: speeds, colour: "--busy" }], [speeds]);
  const moved = timeline.bars.filter((bar) => bar.bytes !== null && bar.end !== null && bar.end > bar.start);
  return (
    <Card title="Throughput" id="throughput-title">
      {times.length > 1 ? (
        <Chart label="Rate since this page was opened" times={times} series={series} show={format.rate} unit="bytes" height={180} />
      ) : (
        <p class="muted">The chart begins when this page is open while bytes move.</p>
      )}
      {moved.length > 0 && (
        <table class="plain">
          <thead>
            <tr>
              <th scope="col">Stage</th>
              <th scope="col">Moved</th>
              <th scope="col">Average rate</th>
            </tr>
          </thead>
          <tbody>
            {moved.map((bar) => (
              <tr key={`${bar.lane} ${bar.start}`}>
                <th scope="row">{bar.lane}</th>
                <td>{format.bytes(bar.bytes)}</td>
                <td>{format.rate(((bar.bytes ?? 0) * 1000) / ((bar.end ?? 0) - bar.start))}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Card>
  );
}

export function EventRows({ events }: { events: AuditEntry[] }): JSX.Element {
  return (
    <Scroll label="Events">
      <table class="plain events">
        <thead>
          <tr>
            <th scope="col">Time</th>
            <th scope="col">Event</th>
            <th scope="col">What</th>
            <th scope="col">Record</th>
          </tr>
        </thead>
        <tbody>
          {events.map((event) => (
            <tr key={`${event.topic} ${event.partition} ${event.offset}`}>
              <td class="nowrap">
                <Time at={event.timestamp} style="day" />
              </td>
              <td class="nowrap">
                <span class={event.success ? "" : "error"}>{format.words(event.event_type)}</span>
                {event.duplicate && <span class="muted small"> (sent again)</span>}
              </td>
              <td class="wrap">
                <bdi>{event.error ?? event.description ?? event.stage ?? event.vm_name ?? ""}</bdi>
              </td>
              <td class="nowrap">
                <a href={withQuery(`/audit/${seg(event.event_id)}`, { source: event.source })} aria-label={`${event.partition}:${event.offset}, audit record of ${format.words(event.event_type)}`}>
                  {event.partition}:{event.offset}
                </a>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

function Deliveries({ id }: { id: string }): JSX.Element {
  const asked = useAsked<{ deliveries: Delivery[] } & Coverage>(withQuery("/api/v1/deliveries", { task_id: id, limit: 100 }), getJson, 5_000);
  if (!asked.value) return asked.error ? <Failed what="The deliveries cannot be read." why={asked.error} again={asked.again} /> : <Loading lines={2} />;
  if (asked.value.deliveries.length === 0) return <Empty title="No webhook was owed for it." />;
  return <DeliveryRows deliveries={asked.value.deliveries} />;
}

export function DeliveryRows({ deliveries }: { deliveries: Delivery[] }): JSX.Element {
  return (
    <Scroll label="Deliveries">
      <table class="plain">
        <Heads names={["Endpoint", "Event", "Status", "Tries", "Answer", "Updated"]} />
        <tbody>
          {deliveries.map((each) => (
            <tr key={each.delivery_id}>
              <th scope="row">
                <bdi>{each.endpoint}</bdi>
              </th>
              <td>{format.words(each.event_type)}</td>
              <td>
                <Badge status={each.status} />
              </td>
              <td>{each.tries}</td>
              <td class="wrap">{each.error ?? each.status_code ?? "–"}</td>
              <td class="nowrap">
                <Time at={each.updated_at} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

/** Counts the steps of a task's life that the page has seen: the audit is asked once for each, since every question to it is a
 * record of its own. */
function useSteps(step: string): number {
  const [steps, setSteps] = useState(0);
  const before = useRef(step);
  useEffect(() => {
    if (before.current === step) return undefined;
    before.current = step;
    const timer = setTimeout(() => setSteps((n) => n + 1), 800); // the audit folds the same event at its own pace
    return () => clearTimeout(timer);
  }, [step]);
  return steps;
}

export function MigrationPage({ id }: { id: string }): JSX.Element {
  useBeat();
  const ask = async <T,>(path: string, signal: AbortSignal): Promise<T> => getJson<T>(path, signal);
  const progress = useAsked<Progress | null>(`/api/v1/progress/${seg(id)}`, (path, signal) =>
    ask<Progress>(path, signal).catch((error: unknown) => {
      if (error instanceof ApiError && error.status === 404) return null;
      throw error;
    }),
  4_000);
  const story = useAsked<Story>(withQuery("/api/v1/audit", { task_id: id, limit: EVENTS_MAX, order: "newest" }), ask);
  void rowsVersion.value;
  const live = rows.all.get(id);
  const rowStep = live ? `${live.list} ${live.status} ${live.attempt} ${live.current_stage}` : "";
  const rowSteps = useSteps(rowStep);
  const stageSteps = useSteps(`${rowStep} ${(progress.value?.stages ?? []).map((stage) => stage.status).join()} ${progress.value?.warnings?.length ?? 0}`);
  useEffect(() => {
    if (rowSteps > 0) progress.again();
  }, [rowSteps]);
  useEffect(() => {
    if (stageSteps > 0) story.again();
  }, [stageSteps]);
  const timeline = useMemo(() => timelineOf(story.value?.events ?? []), [story.value]);
  const task = progress.value;
  const row = rows.all.get(id);
  const title = task?.vm_name || row?.vm_name || id;
  const status = row?.stalled || task?.stalled ? "stalled" : (row?.status ?? task?.status ?? "");
  if (!task && !row && !progress.value && !progress.error && !story.value) return <Loading lines={8} />;
  const unknown = progress.value === null && !progress.error && !row && story.value?.events.length === 0;
  if (unknown)
    return (
      <Empty title="No migration has this id." heading>
        <p class="muted">
          <bdi>{id}</bdi>
        </p>
        <a href="/migrations">All migrations</a>
      </Empty>
    );
  const percentage = row?.percentage ?? task?.percentage ?? null;
  return (
    <>
      <div class="page-head">
        <p class="crumbs">
          <a href="/migrations">Migrations</a> <span aria-hidden="true">/</span> <bdi class="muted">{id}</bdi>
        </p>
        <h1>
          <bdi>{title}</bdi>
        </h1>
        <div class="hero">
          {status && <Badge status={status} />}
          <Bar label={`Progress of ${title}`} percent={percentage} tone={toneOf({ status, stalled: status === "stalled", current_stage: row?.current_stage ?? task?.current_stage ?? "" })} />
          <strong class="num">{format.percent(percentage)}</strong>
        </div>
      </div>
      {progress.error && !task && <Failed what="Its progress cannot be read." why={progress.error} again={progress.again} />}
      {task && <Facts task={task} timeline={timeline} />}
      {story.value && <Partial of={story.value} />}
      {task && <ErrorCard task={task} />}
      <div class="columns two">
        <Card title="Timeline" id="timeline-title">
          {story.value ? (
            timeline.bars.length > 0 ? (
              <Gantt timeline={timeline} now={serverNow()} />
            ) : (
              <Empty title="No stage has begun yet." />
            )
          ) : story.error ? (
            <Failed what="Its events cannot be read." why={story.error} again={story.again} />
          ) : (
            <Loading />
          )}
        </Card>
        {task && <Parts task={task} />}
        <Throughput id={id} timeline={timeline} />
        {timeline.attempts.length > 1 && (
          <Card title="Attempts" id="attempts-title">
            <ol class="ended">
              {timeline.attempts.map((each) => (
                <li key={each.attempt}>
                  <div class="line">
                    <span>Attempt {each.attempt}</span>
                    <Badge status={each.outcome} />
                  </div>
                  <div class="muted small">
                    <Time at={each.start} /> {each.end !== null && each.start !== null && ` · ${format.duration((each.end - each.start) / 1000)}`}
                  </div>
                  {each.error && <p class="error small">{each.error}</p>}
                </li>
              ))}
            </ol>
          </Card>
        )}
        {(task?.warnings?.length ?? 0) > 0 && (
          <Card title="Warnings" id="warnings-title">
            <ul class="ended">
              {task?.warnings?.map((warning, i) => (
                <li key={`${i} ${warning}`}>
                  <bdi>{warning}</bdi>
                </li>
              ))}
            </ul>
          </Card>
        )}
      </div>
      <Card title="Deliveries" id="deliveries-title">
        <Deliveries id={id} />
      </Card>
      <Card title="Events" id="events-title" aside={<a href={withQuery("/audit", { task_id: id })}>In the audit</a>}>
        {story.value ? story.value.events.length > 0 ? <EventRows events={story.value.events} /> : <Empty title="The audit has no event of it yet." /> : story.error ? <p class="muted">{story.error}</p> : <Loading />}
      </Card>
    </>
  );
}
