// The stages of a migration as bars over time: a table of rows, so that it can be read aloud and without colours.
import type { JSX } from "preact";
import * as format from "../format";
import { ticks, type Bar, type Timeline } from "../timeline";

const toneOf = (bar: Bar): string => {
  if (bar.status === "failed") return "bad";
  if (bar.kind === "downtime" || bar.kind === "pause") return "warn";
  if (bar.status === "skipped") return "idle";
  if (bar.kind !== "stage") return "stage-4";
  return { export: "stage-1", conversion: "stage-2", upload: "stage-3" }[bar.lane] ?? "stage-4";
};

export function Gantt({ timeline, now }: { timeline: Timeline; now: number }): JSX.Element | null {
  const { bars } = timeline;
  if (bars.length === 0 || timeline.start === null) return null;
  const start = timeline.start;
  const end = Math.max(start + 1000, ...bars.map((bar) => bar.end ?? (timeline.end === null ? now : timeline.end)));
  const place = (at: number) => (100 * (at - start)) / (end - start);
  const many = new Set(bars.map((bar) => bar.attempt)).size > 1;
  return (
    <div class="gantt">
      <table>
        <caption class="hidden">Stages and how long each took</caption>
        <thead class="hidden">
          <tr>
            <th scope="col">Stage</th>
            <th scope="col">When</th>
            <th scope="col">Took</th>
          </tr>
        </thead>
        <tbody>
          {bars.map((bar) => {
            const until = bar.end ?? (timeline.end === null ? now : timeline.end);
            const left = place(bar.start);
            const took = format.duration((until - bar.start) / 1000);
            return (
              <tr key={`${bar.attempt} ${bar.lane} ${bar.start}`}>
                <th scope="row">
                  {bar.lane}
                  {many && <span class="muted"> #{bar.attempt}</span>}
                </th>
                <td class="lane">
                  <div
                    class={`span ${toneOf(bar)}${bar.status === "running" ? " running" : ""}`}
                    style={{ left: `${left}%`, width: `max(3px, ${place(until) - left}%)` }}
                    title={`${format.utcTime(new Date(bar.start))} to ${bar.end === null ? "now" : format.utcTime(new Date(bar.end))}`}
                  />
                  <span class="hidden">
                    {bar.status}, from {format.clockTime(new Date(bar.start))}
                  </span>
                </td>
                <td class="num">
                  {took}
                  {bar.bytes !== null && <span class="muted"> · {format.bytes(bar.bytes)}</span>}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
      <div class="gantt-axis" aria-hidden="true">
        {ticks(start, end, 5).map((at) => (
          <span key={at} style={{ left: `${place(at)}%` }}>
            {format.clockTime(new Date(at))}
          </span>
        ))}
      </div>
    </div>
  );
}
