// Plans: how far each wave is, when it may end, and what holds it up.
import type { JSX } from "preact";
import { getJson, seg, withQuery } from "../api";
import * as format from "../format";
import { rows, rowsVersion, serverNow } from "../live";
import { Badge, Bar, Card, Empty, Failed, Heads, Loading, Partial, Scroll, Time, toneOf, useAsked, useBeat } from "../parts/basics";
import { planTimeLeft, statusOf, sumsOf } from "../plan";
import type { Coverage, Plan, Task } from "../types";

interface PlansAnswer extends Coverage {
  plans: Plan[];
}

function Progress({ plan }: { plan: Plan }): JSX.Element {
  const sums = sumsOf(plan);
  const share = (n: number) => (sums.total === 0 ? 0 : (100 * n) / sums.total);
  const said = `${sums.done} of ${sums.total} done, ${sums.failed} failed, ${sums.active} active, ${sums.waiting} waiting`;
  return (
    <>
      <div class="stack" role="img" aria-label={said}>
        {(
          [
            ["good", sums.done],
            ["bad", sums.failed],
            ["stage-1", sums.active],
            ["idle", sums.cancelled],
          ] as const
        ).map(([tone, n]) => n > 0 && <div key={tone} class={tone} style={{ width: `${share(n)}%` }} />)}
      </div>
      <span class="muted small">{said}</span>
    </>
  );
}

export function PlansPage(): JSX.Element {
  useBeat(5_000);
  const asked = useAsked<PlansAnswer>("/api/v1/plans", getJson, 4_000);
  const plans = asked.value?.plans;
  const ordered = plans && [...plans].sort((a, b) => (a.end_time ? 1 : 0) - (b.end_time ? 1 : 0) || Date.parse(b.created_time ?? "1970") - Date.parse(a.created_time ?? "1970"));
  return (
    <>
      <div class="page-head">
        <h1>Plans</h1>
      </div>
      {asked.value && <Partial of={asked.value} />}
      {!ordered ? (
        asked.error ? (
          <Failed what="The plans cannot be read." why={asked.error} again={asked.again} />
        ) : (
          <Loading lines={5} />
        )
      ) : ordered.length === 0 ? (
        <Empty title="There is no plan.">
          <p class="muted">
            A plan is a wave of migrations. It appears here with its <code>plan.created</code> event, or with the first migration that names it.
          </p>
        </Empty>
      ) : (
        <Scroll label="Plans">
          <table class="plain plans">
            <Heads names={["Plan", "Status", "Progress", "Time left", "Started", "Ended"]} />
            <tbody>
              {ordered.map((plan) => (
                <tr key={plan.plan_id}>
                  <th scope="row">
                    <a href={`/plans/${seg(plan.plan_id)}`}>
                      <bdi>{plan.name ?? plan.plan_id}</bdi>
                    </a>
                  </th>
                  <td>
                    <Badge status={statusOf(plan, sumsOf(plan))} />
                  </td>
                  <td class="grow">
                    <Progress plan={plan} />
                  </td>
                  <td class="nowrap">{format.duration(planTimeLeft(plan, serverNow()))}</td>
                  <td class="nowrap">
                    <Time at={plan.start_time} />
                  </td>
                  <td class="nowrap">
                    <Time at={plan.end_time} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
    </>
  );
}

function blocking(task: Task): boolean {
  return task.list === "failed" || task.stalled || task.status === "paused" || task.status === "retrying";
}

function TaskLines({ tasks }: { tasks: Task[] }): JSX.Element {
  return (
    <ul class="actives">
      {tasks.map((task) => {
        const row = rows.all.get(task.task_id) ?? task;
        const status = row.stalled ? "stalled" : row.status;
        return (
          <li key={task.task_id}>
            <div class="line">
              <a class="name" href={`/migrations/${seg(task.task_id)}`}>
                <bdi>{row.vm_name || task.task_id}</bdi>
              </a>
              <Badge status={status} />
            </div>
            <Bar label={`Progress of ${row.vm_name || task.task_id}`} percent={row.percentage} tone={toneOf(row)} small />
            {row.error && <p class="error small clip">{row.error}</p>}
          </li>
        );
      })}
    </ul>
  );
}

export function PlanPage({ id }: { id: string }): JSX.Element {
  void rowsVersion.value;
  const asked = useAsked<PlansAnswer>(withQuery("/api/v1/plans", { plan_id: id }), getJson, 4_000);
  const tasks = useAsked<{ tasks: Task[]; next_cursor: string | null }>(`/api/v1/plans/${seg(id)}`, getJson, 4_000);
  const plan = asked.value?.plans[0];
  if (!plan) {
    if (asked.error) return <Failed what="The plan cannot be read." why={asked.error} again={asked.again} />;
    return asked.value ? (
      <Empty title="No plan has this id." heading>
        <a href="/plans">All plans</a>
      </Empty>
    ) : (
      <Loading lines={6} />
    );
  }
  const rank = (task: Task) => ["active", "pending", "failed", "cancelled", "completed"].indexOf(task.list);
  const all = [...(tasks.value?.tasks ?? [])].sort((a, b) => rank(a) - rank(b));
  const held = all.filter(blocking);
  const left = planTimeLeft(plan, serverNow());
  return (
    <>
      <div class="page-head">
        <p class="crumbs">
          <a href="/plans">Plans</a> <span aria-hidden="true">/</span> <bdi class="muted">{id}</bdi>
        </p>
        <h1>
          <bdi>{plan.name ?? id}</bdi>
        </h1>
        <p class="health">
          <Badge status={statusOf(plan, sumsOf(plan))} />
          {plan.start_time && (
            <span class="muted">
              started <Time at={plan.start_time} />
            </span>
          )}
          {left !== undefined && <span>about {format.duration(left)} left</span>}
        </p>
        <Progress plan={plan} />
      </div>
      <div class="columns two">
        <Card title="What holds it up" id="held-title">
          {held.length > 0 ? <TaskLines tasks={held} /> : <Empty title="Nothing." />}
        </Card>
        <Card title="Its migrations" id="tasks-title">
          {tasks.value ? all.length > 0 ? <TaskLines tasks={all} /> : <Empty title="None has begun." /> : tasks.error ? <Failed what="They cannot be read." why={tasks.error} again={tasks.again} /> : <Loading />}
          {tasks.value?.next_cursor && <p class="muted small">The first {format.count(all.length)} by id.</p>}
        </Card>
      </div>
    </>
  );
}
