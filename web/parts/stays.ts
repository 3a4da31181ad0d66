/** Facts of one person's stays and trips, shared by the timeline and the map, and what they tell each other. */
import { type Instant, nextMidnight, seconds, startOfDay } from "../kit/time";
import type { Position } from "./outlines";

export interface RawStay { id: string; place: string; from: Instant; until: Instant | null; at?: Position; source?: string; n_exposed?: number; note?: string; edit_url?: string; url?: string; state?: string }
export interface RawTrip { id: string; label: string; from: Instant; until: Instant | null; from_name?: string; to_name?: string; seat?: string; path?: Position[]; n_exposed?: number; source?: string; edit_url?: string; url?: string; note?: string }
export interface StayFacts {
  window?: { from: Instant; until: Instant; label: string }; marks?: { at: Instant; kind: string; label: string }[];
  stays: RawStay[]; trips?: RawTrip[]; add_stay_url?: string; add_trip_url?: string;
}

export interface Span { from: number; until: number }
export interface Item extends Span {
  id: string; kind: "stay" | "trip"; label: string; row: string; detail: string; at: Position | undefined; path: Position[]; is_open: boolean;
  source: string; n_exposed: number; note: string; edit_url: string; url: string;
}

export function itemsOf(facts: StayFacts, now: number): Item[] {
  const base = (raw: RawStay | RawTrip) => ({
    id: raw.id, from: seconds(raw.from), until: raw.until === null ? now : seconds(raw.until), is_open: raw.until === null,
    source: raw.source ?? "", n_exposed: raw.n_exposed ?? 0, note: raw.note ?? "", edit_url: raw.edit_url ?? "", url: raw.url ?? "",
  });
  const stays = facts.stays.map((stay): Item => ({ ...base(stay), kind: "stay", label: stay.place, row: stay.place, detail: "", at: stay.at, path: [] }));
  const trips = (facts.trips ?? []).map((trip): Item => ({
    ...base(trip), kind: "trip", label: trip.label, row: trip.label, at: undefined, path: trip.path ?? [],
    detail: [[trip.from_name, trip.to_name].filter(Boolean).join(" → "), trip.seat].filter(Boolean).join(" · "),
  }));
  return [...stays, ...trips].sort((a, b) => a.from - b.from || a.until - b.until);
}

/** What is drawn: the window widened to whole local days and to every item and mark. */
export function extentOf(facts: StayFacts, items: Item[]): Span {
  const starts = [...items.map((item) => item.from), ...(facts.window ? [seconds(facts.window.from)] : []), ...(facts.marks ?? []).map((mark) => seconds(mark.at))];
  const ends = [...items.map((item) => item.until), ...(facts.window ? [seconds(facts.window.until)] : []), ...(facts.marks ?? []).map((mark) => seconds(mark.at))];
  return { from: startOfDay(Math.min(...starts)), until: nextMidnight(Math.max(...ends) - 1) };
}

/** Time inside `span` that no item covers, longer than `least` seconds. */
export function gapsIn(span: Span, items: Span[], least: number): Span[] {
  const gaps: Span[] = [];
  let known = span.from;
  for (const item of [...items].sort((a, b) => a.from - b.from)) {
    if (item.from - known > least && item.from <= span.until) gaps.push({ from: known, until: Math.min(item.from, span.until) });
    known = Math.max(known, item.until);
  }
  if (span.until - known > least) gaps.push({ from: known, until: span.until });
  return gaps;
}

/** Local days of the span, as `[midnight, next midnight)`. */
export function daysOf(span: Span): Span[] {
  const days: Span[] = [];
  for (let from = startOfDay(span.from); from < span.until; from = nextMidnight(from)) days.push({ from, until: nextMidnight(from) });
  return days;
}

/** Where the person is at `at`: at a place, along a trip by the share of time passed, or unknown. */
export function positionAt(items: Item[], at: number): Position | undefined {
  const item = items.find((one) => one.from <= at && at < one.until);
  if (!item) return undefined;
  if (item.at) return item.at;
  if (item.path.length < 2) return item.path[0];
  const share = ((at - item.from) / (item.until - item.from)) * (item.path.length - 1);
  const leg = Math.min(Math.floor(share), item.path.length - 2);
  const [a, b] = [item.path[leg] as Position, item.path[leg + 1] as Position];
  return [a[0] + (b[0] - a[0]) * (share - leg), a[1] + (b[1] - a[1]) * (share - leg)];
}

const groups = new Map<string, EventTarget>();

/** Timeline and map of one group hear each other's `select` (item id or null) and `time` (seconds). */
export function groupBus(name: string): EventTarget {
  const bus = groups.get(name) ?? new EventTarget();
  groups.set(name, bus);
  return bus;
}
