/** Instants are seconds since 1970 UTC or ISO text with offset; they are shown in the zone of `<html data-zone>`. */
import { t } from "./text";

export type Instant = number | string;

export const MINUTE = 60;
export const HOUR = 3600;
export const DAY = 86400;

export function seconds(at: Instant): number {
  if (typeof at === "number") return at;
  const value = Date.parse(at) / 1000;
  if (Number.isNaN(value)) throw new RangeError(`"${at}" is not an instant`);
  return value;
}

export const zone = (): string => document.documentElement.dataset.zone || "UTC";

const formats = new Map<string, Intl.DateTimeFormat>();

function fields(at: number): Record<string, string> {
  const name = zone();
  let format = formats.get(name);
  if (!format) {
    format = new Intl.DateTimeFormat("en-GB", {
      timeZone: name, year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23",
    });
    formats.set(name, format);
  }
  return Object.fromEntries(format.formatToParts(at * 1000).map((part) => [part.type, part.value]));
}

export function localDay(at: number): string {
  const f = fields(at);
  return `${f.year}-${f.month}-${f.day}`;
}

export function clockTime(at: number): string {
  const f = fields(at);
  return `${f.hour}:${f.minute}`;
}

export const instantText = (at: number): string => `${localDay(at)} ${clockTime(at)}`;

/** Seconds since local midnight. */
export function secondOfDay(at: number): number {
  const f = fields(at);
  return Number(f.hour) * HOUR + Number(f.minute) * MINUTE + Number(f.second);
}

export const startOfDay = (at: number): number => at - secondOfDay(at);

/** The local midnight after `at`; right on days of 23 or 25 hours. */
export const nextMidnight = (at: number): number => startOfDay(startOfDay(at) + 26 * HOUR);

export function spanText(span: number): string {
  const minutes = Math.floor(Math.abs(span) / MINUTE);
  if (minutes < 60) return t("min", { n: minutes });
  if (minutes < 48 * 60) return minutes % 60 && minutes < 600 ? `${t("hour", { n: Math.floor(minutes / 60) })} ${t("min", { n: minutes % 60 })}` : t("hour", { n: Math.floor(minutes / 60) });
  return t("day", { n: Math.floor(minutes / 1440) });
}

export function ageText(at: number, now: number): string {
  const age = now - at;
  if (Math.abs(age) < MINUTE) return t("now");
  const minutes = Math.floor(Math.abs(age) / MINUTE);
  const span = minutes < 60 ? t("min", { n: minutes }) : minutes < 48 * 60 ? t("hour", { n: Math.floor(minutes / 60) }) : t("day", { n: Math.floor(minutes / 1440) });
  return t(age > 0 ? "ago" : "ahead", { span });
}

/** What a clock says: `3:05 left`, `0:40 late`, `2d 4h left`. */
export function leftText(left: number): string {
  const minutes = Math.floor(Math.abs(left) / MINUTE);
  const hours = Math.floor(minutes / 60);
  const span = hours >= 48 ? t("days_hours", { days: Math.floor(hours / 24), hours: hours % 24 }) : `${hours}:${String(minutes % 60).padStart(2, "0")}`;
  return t(left <= 0 ? "late" : "left", { span });
}

export const nowSeconds = (): number => Date.now() / 1000;

/** Day number arithmetic on `YYYY-MM-DD`, free of zones. */
export const dayNumber = (on: string): number => Math.round(Date.parse(`${on}T00:00:00Z`) / 86400000);
export const dayText = (n: number): string => new Date(n * 86400000).toISOString().slice(0, 10);
