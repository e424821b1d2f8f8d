// Numbers and times as people read them. Pure.

const whole = new Intl.NumberFormat();
const tenths = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 });
const relative = new Intl.RelativeTimeFormat(undefined, { numeric: "auto", style: "short" });
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const hour = new Intl.DateTimeFormat(undefined, { weekday: "short", hour: "2-digit", minute: "2-digit" });
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });

export const unknown = "–";

export const count = (number) => whole.format(number);
export const clockTime = (time) => clock.format(time);
export const hourTime = (time) => hour.format(time);
export const exactTime = (time) => exact.format(time);

export function percent(number) {
  return number === null || number === undefined ? unknown : `${tenths.format(number)} %`;
}

export function bytes(number) {
  if (number === null || number === undefined) return unknown;
  const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
  let unit = 0;
  while (number >= 1024 && unit < units.length - 1) {
    number /= 1024;
    ++unit;
  }
  return `${tenths.format(number)} ${units[unit]}`;
}

export function duration(seconds) {
  if (seconds === null || seconds === undefined) return unknown;
  if (seconds < 10) return `${tenths.format(Math.max(0, seconds))} s`;
  seconds = Math.round(seconds);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

// "5 min. ago", in the reader's language.
export function ago(seconds) {
  if (seconds < 60) return relative.format(-Math.max(0, Math.floor(seconds)), "second");
  if (seconds < 3600) return relative.format(-Math.floor(seconds / 60), "minute");
  if (seconds < 48 * 3600) return relative.format(-Math.floor(seconds / 3600), "hour");
  return relative.format(-Math.floor(seconds / 86400), "day");
}
