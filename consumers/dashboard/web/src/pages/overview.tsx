// The page on the wall: is all well, what runs, what failed, how it went lately.
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { getJson, seg, withQuery } from "../api";
import * as format from "../format";
import { dashboard, dashboardError, figures, loadDashboard, rows, rowsVersion, serverNow } from "../live";
import { Badge, Bar, Card, Empty, Failed, Heads, Loading, Scroll, Time, toneOf, useAsked, useBeat } from "../parts/basics";
import { Chart, Sparkline } from "../parts/chart";
import { place, setQuery } from "../router";
import { type Row, select, timeLeft } from "../rows";
import type { Dashboard, Figures, Summary, Trends } from "../types";

const ACTIVE_SHOWN = 8;

const WHY: Record<string, string> = {
  healthy: "Nothing wants attention.",
  busy: "More than 10 migrations run at once.",
  degraded: "Fewer than 90 % of those that ended succeeded.",
};

function Figure(props: { name: string; value: string; note?: string | undefined; values?: (number | null)[] | undefined; tone?: string; href?: string }): JSX.Element {
  return (
    <div class="figure">
      <dt>{props.href ? <a href={props.href}>{props.name}</a> : props.name}</dt>
      <dd class="value">{props.value}</dd>
      <dd class="note">{props.note}</dd>
      <dd class="figure-spark">{props.values && <Sparkline values={props.values} tone={props.tone ?? "busy"} />}</dd>
    </div>
  );
}

function Figures(props: { now: Figures; trends: Trends | null }): JSX.Element {
  const { metrics } = props.now;
  const trends = props.trends;
  const active = [...rows.all.values()].filter((row) => row.list === "active");
  const speeds = active.flatMap((row) => row.speed.bytesPerSecond ?? []);
  const speed = speeds.reduce((sum, each) => sum + each, 0);
  const stalled = active.filter((row) => row.stalled).length;
  return (
    <dl class="figures">
      <Figure name="Active" href="/migrations?list=active" value={format.count(metrics.active_migrations)} note={stalled > 0 ? `${format.count(stalled)} stalled` : `${format.count(metrics.pending_migrations)} waiting`} values={trends?.started} />
      <Figure name="Throughput" value={speeds.length > 0 ? format.rate(speed) : "–"} note="of what runs now" values={trends?.bytes} />
      <Figure name="Succeeded" href="/migrations?list=completed" value={format.count(metrics.successful_migrations)} note={`of ${format.count(metrics.total_migrations)} started`} values={trends?.succeeded} tone="good" />
      <Figure name="Failed" href="/migrations?list=failed" value={format.count(metrics.failed_migrations)} note={metrics.cancelled_migrations > 0 ? `${format.count(metrics.cancelled_migrations)} cancelled` : "attempts"} values={trends?.failed} tone="bad" />
      <Figure name="Success rate" value={format.percent(metrics.success_rate)} note="of those that ended" values={trends?.success_rate} tone="good" />
      <Figure name="Average time" value={format.duration(metrics.avg_migration_time)} note="of a success" values={trends?.avg_duration} />
      <Figure name="Data moved" value={format.bytes(metrics.total_bytes_processed)} note="in all stages" values={trends?.bytes} />
    </dl>
  );
}

export function ActiveRow({ row }: { row: Row }): JSX.Element {
  const left = timeLeft(row);
  const status = row.stalled ? "stalled" : row.status;
  return (
    <li>
      <div class="line">
        <a href={`/migrations/${seg(row.task_id)}`} class="name">
          <bdi>{row.vm_name || row.task_id}</bdi>
        </a>
        <span class="num">{format.percent(row.percentage)}</span>
      </div>
      <Bar label={`Progress of ${row.vm_name || row.task_id}`} percent={row.percentage} tone={toneOf(row)} text={`${format.percent(row.percentage)}, ${status}`} />
      <div class="line small">
        <Badge status={status} />
        <span class="muted clip">
          {row.provider}
          {row.speed.bytesPerSecond !== undefined && ` · ${format.rate(row.speed.bytesPerSecond)}`}
          {left !== undefined && ` · ${format.duration(left)} left`}
          {row.attempt > 1 && ` · attempt ${row.attempt}`}
        </span>
      </div>
    </li>
  );
}

function Active({ count }: { count: number }): JSX.Element {
  const beat = Math.floor(useBeat(2000));
  const version = rowsVersion.value;
  // The order is settled on a slow beat, so that rows do not jump under the pointer.
  const shown = useMemo(() => select(rows.all.values(), { text: "", list: "active", provider: "" }, { key: "started", down: true }).slice(0, ACTIVE_SHOWN), [beat, Math.min(version, 1)]);
  if (shown.length === 0 && count > 0) return <Loading />;
  if (shown.length === 0)
    return (
      <Empty title="No migration is running.">
        <p class="muted">
          One appears here with its first event. <code>godwit-worker migrate --help</code> tells how to run a migration, <code>godwit emit --help</code> how to send an event by hand.
        </p>
      </Empty>
    );
  return (
    <>
      <ul class="actives">
        {shown.map((row) => (
          <ActiveRow row={rows.all.get(row.task_id) ?? row} key={row.task_id} />
        ))}
      </ul>
      {count > shown.length && (
        <p class="more">
          <a href="/migrations?list=active">All {format.count(count)} active migrations</a>
        </p>
      )}
    </>
  );
}

function Ended({ tasks, none }: { tasks: Summary[]; none: string }): JSX.Element {
  useBeat(10_000);
  if (tasks.length === 0) return <Empty title={none} />;
  return (
    <ol class="ended">
      {tasks.map((task) => (
        <li key={task.task_id}>
          <div class="line">
            <a class="name" href={`/migrations/${seg(task.task_id)}`}>
              <bdi>{task.vm_name || task.task_id}</bdi>
            </a>
            <span class="muted small nowrap">
              <Time at={task.timestamp} style="ago" />
            </span>
          </div>
          <div class="muted small">
            {task.provider}
            {task.duration !== null && ` · ${format.duration(task.duration / 1e9)}`}
          </div>
          {task.error && (
            <p class="error small clip" title={task.error}>
              {task.error}
            </p>
          )}
        </li>
      ))}
    </ol>
  );
}

function Providers({ stats }: { stats: Dashboard["provider_stats"] }): JSX.Element {
  const all = Object.entries(stats).sort((a, b) => b[1].total_migrations - a[1].total_migrations);
  if (all.length === 0) return <Empty title="None yet." />;
  return (
    <Scroll label="Figures of each provider">
      <table class="plain">
        <Heads names={["Provider", "Started", "Succeeded", "Failed", "Success", "Average"]} />
        <tbody>
          {all.map(([name, each]) => (
            <tr key={name}>
              <th scope="row">
                <bdi>{name || "(none)"}</bdi>
              </th>
              <td>{format.count(each.total_migrations)}</td>
              <td>{format.count(each.successful_migrations)}</td>
              <td>{format.count(each.failed_migrations)}</td>
              <td>{format.percent(each.success_rate)}</td>
              <td>{format.duration(each.avg_duration)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

function TrendCharts({ trends }: { trends: Trends }): JSX.Element {
  const times = useMemo(() => trends.labels.map((label) => Date.parse(label) / 1000), [trends]);
  const ended = useMemo(
    () => [
      { label: "Started", values: trends.started, colour: "--busy" },
      { label: "Succeeded", values: trends.succeeded, colour: "--good" },
      { label: "Failed", values: trends.failed, colour: "--bad" },
    ],
    [trends],
  );
  const moved = useMemo(() => [{ label: "Data moved", values: trends.bytes, colour: "--busy", bars: true }], [trends]);
  const rate = useMemo(() => [{ label: "Success rate", values: trends.success_rate, colour: "--good" }], [trends]);
  const took = useMemo(() => [{ label: "Average time", values: trends.avg_duration, colour: "--busy" }], [trends]);
  const sum = (values: number[]) => format.count(values.reduce((a, b) => a + b, 0));
  return (
    <div class="charts">
      <figure>
        <figcaption>Migrations per hour</figcaption>
        <Chart label={`Migrations per hour: ${sum(trends.started)} started, ${sum(trends.succeeded)} succeeded, ${sum(trends.failed)} failed`} times={times} series={ended} show={(value) => format.count(Math.round(value * 10) / 10)} />
      </figure>
      <figure>
        <figcaption>Data moved per hour</figcaption>
        <Chart label="Data moved per hour" times={times} series={moved} show={format.bytes} unit="bytes" />
      </figure>
      <figure>
        <figcaption>Success rate</figcaption>
        <Chart label="Success rate in percent, by hour" times={times} series={rate} show={(value) => `${Math.round(value)} %`} min={0} max={105} />
      </figure>
      <figure>
        <figcaption>Average time of a success</figcaption>
        <Chart label="Average time of a success, by hour" times={times} series={took} show={format.shortDuration} unit="seconds" />
      </figure>
    </div>
  );
}

export function Overview(): JSX.Element {
  const week = place.value.query.get("trend") === "7d";
  const trends = useAsked<Trends>(withQuery("/api/v1/trends", { hours: week ? 168 : 24 }), getJson, 15_000);
  const data = dashboard.value;
  const now = figures.value;
  if (!data || !now)
    return dashboardError.value ? <Failed what="The figures cannot be read." why={dashboardError.value} again={loadDashboard} /> : <Loading lines={8} />;
  return (
    <>
      <div class="page-head">
        <h1>Overview</h1>
        <p class="health">
          <Badge status={now.status} /> <span>{WHY[now.status]}</span>{" "}
          <span class="muted">
            as of <Time at={serverNow() - (serverNow() % 1000)} style="clock" />, up {format.duration(now.uptime)}
          </span>
        </p>
      </div>
      <Figures now={now} trends={trends.value} />
      <div class="columns">
        <Card title="Active migrations" id="active-title" aside={<a href="/migrations">All migrations</a>}>
          <Active count={now.metrics.active_migrations} />
        </Card>
        <Card title="Recent failures" id="failures-title" aside={<a href="/migrations?list=failed">All failed</a>}>
          <Ended tasks={data.recent_failures} none="Nothing has failed." />
        </Card>
        <Card title="Recent completions" id="completions-title" aside={<a href="/migrations?list=completed">All completed</a>}>
          <Ended tasks={data.recent_completions} none="Nothing has completed yet." />
        </Card>
      </div>
      <Card
        title="Trends"
        id="trends-title"
        aside={
          <fieldset class="segments">
            <legend class="hidden">How far back</legend>
            {["24h", "7d"].map((span) => (
              <button key={span} type="button" aria-pressed={week === (span === "7d")} onClick={() => setQuery({ trend: span === "7d" ? span : "" })}>
                {span === "7d" ? "7 days" : "24 hours"}
              </button>
            ))}
          </fieldset>
        }
      >
        {trends.value ? <TrendCharts trends={trends.value} /> : trends.error ? <Failed what="The trends cannot be read." why={trends.error} again={trends.again} /> : <Loading />}
      </Card>
      <Card title="Providers" id="providers-title">
        <Providers stats={data.provider_stats} />
      </Card>
    </>
  );
}
