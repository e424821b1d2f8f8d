// Charts over time: uPlot for those with axes, plain SVG for sparklines. Colours come from the style sheet.
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { darkNow } from "../settings";

export interface Series {
  label: string;
  values: (number | null)[];
  colour: string; // name of a style property, such as --good
  bars?: boolean;
}

interface Props {
  label: string;
  times: number[]; // s
  series: Series[];
  show: (value: number) => string;
  unit?: "bytes" | "seconds" | undefined; // what round figures on the axis are multiples of
  height?: number;
  min?: number;
  max?: number;
}

const colourOf = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

const STEPS = {
  bytes: Array.from({ length: 62 }, (_, power) => 2 ** power),
  seconds: [1, 5, 10, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14_400, 28_800, 43_200, 86_400, 172_800, 604_800],
};

function optionsOf(props: Props, width: number): uPlot.Options {
  const axis = { stroke: colourOf("--muted"), grid: { stroke: colourOf("--line"), width: 1 }, ticks: { stroke: colourOf("--line"), width: 1 }, font: "12px system-ui, sans-serif" };
  const drawBars = uPlot.paths.bars?.({ size: [0.7, 40], align: 1 });
  return {
    width,
    height: props.height ?? 200,
    scales: { y: { range: (_plot, low, high) => [props.min ?? Math.min(0, low), props.max ?? (high > 0 ? high * 1.08 : 1)] } },
    axes: [
      { ...axis, values: (_plot, splits) => splits.map(timeLabel(splits)) },
      {
        ...axis,
        size: (_plot, values) => 18 + 7 * Math.max(4, ...(values ?? []).map((value) => value.length)),
        ...(props.unit ? { incrs: STEPS[props.unit] } : {}),
        values: (_plot, splits) => splits.map(props.show),
      },
    ],
    series: [
      { label: "Time", value: (_plot, at) => (at == null ? "–" : new Date(at * 1000).toLocaleString(undefined, { dateStyle: "short", timeStyle: "short" })) },
      ...props.series.map(
        (series): uPlot.Series => ({
          label: series.label,
          stroke: colourOf(series.colour),
          width: series.bars ? 0 : 2,
          points: { show: !series.bars && series.values.filter((value) => value !== null).length < 3 },
          ...(series.bars ? { fill: colourOf(series.colour), ...(drawBars ? { paths: drawBars } : {}) } : { spanGaps: true }),
          value: (_plot, value) => (value == null ? "–" : props.show(value)),
        }),
      ),
    ],
    cursor: { drag: { x: false, y: false }, points: { show: false } },
    legend: { live: true },
  };
}

const timeLabel =
  (splits: number[]) =>
  (at: number): string => {
    const time = new Date(at * 1000);
    const step = (splits[1] ?? 0) - (splits[0] ?? 0);
    if (step >= 86_400) return time.toLocaleDateString(undefined, { day: "numeric", month: "short" });
    return time.toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23", ...(step < 60 ? { second: "2-digit" } : {}) });
  };

const dataOf = (props: Props): uPlot.AlignedData => [props.times, ...props.series.map((series) => series.values)];

export function Chart(props: Props): JSX.Element {
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const latest = useRef(props);
  latest.current = props;
  const dark = darkNow.value;
  const shape = props.series.map((series) => series.label + series.colour).join();
  useEffect(() => {
    const element = host.current;
    if (!element) return undefined;
    const made = new uPlot(optionsOf(latest.current, Math.max(200, element.clientWidth)), dataOf(latest.current), element);
    plot.current = made;
    const watcher = new ResizeObserver(() => made.setSize({ width: Math.max(200, element.clientWidth), height: latest.current.height ?? 200 }));
    watcher.observe(element);
    return () => {
      watcher.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [dark, shape]);
  useEffect(() => plot.current?.setData(dataOf(props)), [props.times, props.series]);
  return <div class="chart" ref={host} role="img" aria-label={props.label} />;
}

/** A line without axes; what it says is said beside it in figures. */
export function Sparkline({ values, tone = "busy" }: { values: (number | null)[]; tone?: string }): JSX.Element | null {
  const known = values.filter((value): value is number => value !== null);
  if (known.length < 2) return null;
  const high = Math.max(...known, 1e-9);
  const step = 100 / (values.length - 1);
  const points = values.flatMap((value, i) => (value === null ? [] : [`${(i * step).toFixed(1)},${(22 - (20 * value) / high).toFixed(1)}`]));
  return (
    <svg class={`spark ${tone}`} viewBox="0 0 100 24" preserveAspectRatio="none" aria-hidden="true">
      <polyline points={points.join(" ")} />
    </svg>
  );
}
