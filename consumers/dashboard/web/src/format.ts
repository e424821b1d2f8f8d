// Numbers, times and sizes as people read them. Pure but for the viewer's language and time zone.

const UNKNOWN = "–";

const plain = new Intl.NumberFormat();
const percents = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 });
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
const day = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const BYTE_UNITS = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

type Maybe<T> = T | null | undefined;

export function count(value: Maybe<number>): string {
  return value == null ? UNKNOWN : plain.format(value);
}

/** 99.96 is not 100: what is not over never says so. */
export function percent(value: Maybe<number>): string {
  return value == null ? UNKNOWN : `${percents.format(value >= 100 ? 100 : Math.floor(value * 10) / 10)} %`;
}

export function bytes(value: Maybe<number>): string {
  if (value == null) return UNKNOWN;
  let unit = 0;
  let scaled = value;
  while (scaled >= 1024 && unit < BYTE_UNITS.length - 1) {
    scaled /= 1024;
    unit += 1;
  }
  return `${unit === 0 || scaled >= 100 ? Math.round(scaled) : scaled.toFixed(1)} ${BYTE_UNITS[unit]}`;
}

export function rate(bytesPerSecond: Maybe<number>): string {
  return bytesPerSecond == null ? UNKNOWN : `${bytes(bytesPerSecond)}/s`;
}

/** "3 d 4 h", "2 h 05 min", "3 min 20 s", "12 s". */
export function duration(seconds: Maybe<number>): string {
  if (seconds == null || !Number.isFinite(seconds)) return UNKNOWN;
  const whole = Math.max(0, Math.round(seconds));
  const two = (value: number) => String(value).padStart(2, "0");
  const days = Math.floor(whole / 86_400);
  const hours = Math.floor((whole % 86_400) / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  if (days > 0) return `${days} d ${hours} h`;
  if (hours > 0) return `${hours} h ${two(minutes)} min`;
  if (minutes > 0) return `${minutes} min ${two(whole % 60)} s`;
  if (whole === 0 && seconds > 0) return `${Math.max(1, Math.round(seconds * 1000))} ms`;
  return `${whole} s`;
}

/** The same without a second part that is nothing: "5 min", for axes. */
export const shortDuration = (seconds: Maybe<number>): string => duration(seconds).replace(/ 0+ (s|min|h)$/, "");

export function ago(seconds: number): string {
  if (seconds < 5) return "just now";
  return `${seconds < 60 ? `${Math.round(seconds)} s` : seconds < 3600 ? `${Math.round(seconds / 60)} min` : duration(seconds)} ago`;
}

export const clockTime = (time: Date): string => clock.format(time);
export const dayTime = (time: Date): string => day.format(time);
/** For hover: exact, and the same for everybody. */
export const utcTime = (time: Date): string => (Number.isNaN(time.getTime()) ? "" : `${time.toISOString().replace("T", " ").replace("Z", "")} UTC`);

/** "stage.completed" and "stage_completed" as "Stage completed". */
export function words(name: string): string {
  const text = name.replace(/[._-]+/g, " ").trim();
  return text.charAt(0).toUpperCase() + text.slice(1);
}
