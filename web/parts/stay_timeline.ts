/** Swim lanes of one person's stays and trips, by day or by place, with the gaps that the interview must fill. */
import { h, svg, table } from "../kit/dom";
import { define, Part } from "../kit/part";
import { t, textWidth } from "../kit/text";
import { clockTime, DAY, HOUR, instantText, localDay, MINUTE, nowSeconds, seconds, spanText } from "../kit/time";
import { openPane } from "../frame/lists";
import { daysOf, extentOf, gapsIn, groupBus, itemsOf, type Item, type Span, type StayFacts } from "./stays";

const ROW = 40;
const TOP = 24;
const LEAST_GAP = 30 * MINUTE;
const CHAR = 12;

interface Lane { label: string; span: Span; items: Item[] }

class StayTimeline extends Part<StayFacts> {
  private mode: "day" | "place" = "day";
  private selected: string | null = null;
  private time: number | undefined;
  private items: Item[] = [];
  private box: HTMLElement | undefined;
  private watcher: ResizeObserver | undefined;
  private detail = h("div", { class: "stay-detail", "aria-live": "polite" });

  override connectedCallback(): void {
    super.connectedCallback();
    this.listen(this.bus, "select", (event) => this.select((event as CustomEvent<string | null>).detail, false));
  }

  private get bus(): EventTarget {
    return groupBus(this.dataset.group ?? "");
  }

  protected isEmpty(facts: StayFacts): boolean {
    return !facts.stays.length && !facts.trips?.length && !facts.window;
  }

  protected override release(): void {
    this.watcher?.disconnect();
  }

  protected draw(facts: StayFacts): void {
    this.release();
    this.items = itemsOf(facts, nowSeconds());
    this.box = h("div", { class: "lane-box" });
    const switcher = h("span", { class: "btn-group", role: "group" }, ...(["day", "place"] as const).map((mode) => h("button", { type: "button", class: `btn btn-sm${this.mode === mode ? " active" : ""}`, "aria-pressed": String(this.mode === mode), onclick: () => { this.mode = mode; this.draw(facts); } }, t(`by_${mode}`))));
    const add = (key: string, url?: string) => (url ? h("button", { type: "button", class: "btn btn-sm", onclick: () => this.openForm(url) }, t(key)) : null);
    this.withTable(h("div", {}, this.box, this.scrubber(facts), this.detail, this.legend(facts)), () => this.list(), switcher, h("span", { class: "part-spring" }), add("add_stay", facts.add_stay_url), add("add_trip", facts.add_trip_url));
    this.watcher = new ResizeObserver(() => this.drawLanes(facts));
    this.watcher.observe(this.box);
  }

  private openForm(url: string): void {
    openPane(url, this.dataset.pane ?? "#details");
  }

  private lanes(facts: StayFacts): Lane[] {
    const extent = extentOf(facts, this.items);
    if (this.mode === "day") return daysOf(extent).map((span) => ({ label: localDay(span.from).slice(5), span, items: this.items.filter((item) => item.from < span.until && item.until > span.from) }));
    const rows = new Map<string, Item[]>();
    for (const item of this.items) rows.set(item.row, [...(rows.get(item.row) ?? []), item]);
    return [...rows].map(([label, items]) => ({ label, span: extent, items }));
  }

  private drawLanes(facts: StayFacts): void {
    const width = this.box?.clientWidth ?? 0;
    if (!width || !this.box) return;
    const lanes = this.lanes(facts);
    const left = this.mode === "day" ? 48 : Math.min(160, width * 0.3);
    const x = (lane: Lane, at: number) => left + ((Math.min(Math.max(at, lane.span.from), lane.span.until) - lane.span.from) / (lane.span.until - lane.span.from)) * (width - left - 8);
    const picture = svg("svg", { class: "lane-svg", width, height: TOP + lanes.length * ROW + 4, role: "group", "aria-label": t("by_day") });
    picture.append(...this.ticks(lanes, left, width));
    lanes.forEach((lane, i) => picture.append(this.lane(facts, lane, TOP + i * ROW, left, width, x)));
    this.box.replaceChildren(picture);
    this.mark();
  }

  private ticks(lanes: Lane[], left: number, width: number): SVGElement[] {
    const first = lanes[0];
    if (!first) return [];
    const at = (share: number) => left + share * (width - left - 8);
    if (this.mode === "day") return [0, 6, 12, 18, 24].map((hour) => svg("text", { class: "faint", x: at(hour / 24), y: 14, "text-anchor": hour === 24 ? "end" : hour ? "middle" : "start" }, `${String(hour).padStart(2, "0")}:00`));
    const days = daysOf(first.span);
    const every = Math.ceil((days.length * 48) / (width - left));
    return days.filter((_, i) => i % every === 0).map((day) => svg("text", { class: "faint", x: at((day.from - first.span.from) / (first.span.until - first.span.from)), y: 14 }, localDay(day.from).slice(5)));
  }

  private lane(facts: StayFacts, lane: Lane, y: number, left: number, width: number, x: (lane: Lane, at: number) => number): SVGElement {
    const row = svg("g");
    const name = lane.label.length * CHAR > left && this.mode === "place" ? `${lane.label.slice(0, Math.floor(left / CHAR) - 1)}…` : lane.label;
    if (facts.window) {
      const window: Span = { from: Math.max(seconds(facts.window.from), lane.span.from), until: Math.min(seconds(facts.window.until), lane.span.until) };
      if (window.until > window.from) {
        row.append(svg("rect", { class: "lane-window", x: x(lane, window.from), y: y + 1, width: x(lane, window.until) - x(lane, window.from), height: ROW - 2 }));
        if (this.mode === "day") row.append(...gapsIn(window, lane.items, LEAST_GAP).map((gap) => this.gap(lane, gap, y, x)));
      }
    }
    row.append(svg("text", { x: 0, y: y + 28 }, name, svg("title", {}, lane.label)), svg("line", { class: "lane-line", x1: left, x2: width - 8, y1: y + ROW, y2: y + ROW }));
    row.append(...lane.items.map((item) => this.bar(lane, item, y, x)));
    row.append(...this.moments(facts, lane, y, left, width, x));
    return row;
  }

  /** The lines of onset, sampling, isolation; those that stand close together share one label, inside the lane. */
  private moments(facts: StayFacts, lane: Lane, y: number, left: number, width: number, x: (lane: Lane, at: number) => number): SVGElement[] {
    const here = (facts.marks ?? []).map((mark) => ({ at: seconds(mark.at), label: mark.label })).filter((mark) => mark.at >= lane.span.from && mark.at < lane.span.until).sort((a, b) => a.at - b.at);
    const lines = here.map((mark) => svg("line", { class: "lane-mark", x1: x(lane, mark.at), x2: x(lane, mark.at), y1: y, y2: y + ROW }, svg("title", {}, mark.label)));
    if (this.mode !== "day") return lines;
    const labels: { at: number; text: string }[] = [];
    for (const mark of here) {
      const last = labels.at(-1);
      if (last && x(lane, mark.at) < last.at + textWidth(last.text) + 8) last.text = `${last.text} · ${mark.label}`;
      else labels.push({ at: x(lane, mark.at), text: mark.label });
    }
    const start = (label: { at: number; text: string }) => Math.max(left, Math.min(label.at + 4, width - 8 - textWidth(label.text)));
    return [...lines, ...labels.map((label) => svg("text", { class: "lane-mark-text", x: start(label), y: y + 10, "font-size": 10 }, label.text))];
  }

  private gap(lane: Lane, gap: Span, y: number, x: (lane: Lane, at: number) => number): SVGElement {
    const width = x(lane, gap.until) - x(lane, gap.from);
    const text = t("gap", { span: spanText(gap.until - gap.from) });
    return svg("g", {}, svg("rect", { class: "lane-gap", x: x(lane, gap.from) + 1, y: y + 14, width: Math.max(width - 2, 1), height: ROW - 18, rx: 3 }),
      width > text.length * 9 ? svg("text", { class: "faint", x: x(lane, gap.from) + 6, y: y + 29, "font-size": 11 }, text) : svg("title", {}, text));
  }

  private bar(lane: Lane, item: Item, y: number, x: (lane: Lane, at: number) => number): SVGElement {
    const [from, until] = [x(lane, item.from), x(lane, item.until)];
    const width = Math.max(until - from - 1, 4);
    const room = Math.floor((width - 8) / CHAR);
    const label = item.label.length <= room * 1.6 ? item.label : room >= 3 ? `${item.label.slice(0, room)}…` : "";
    return svg("g", { class: "lane-item", tabindex: 0, role: "button", "data-item": item.id, "aria-label": this.words(item), onclick: () => this.select(item.id, true), onfocus: () => this.select(item.id, true),
      onkeydown: (event) => { if ((event as KeyboardEvent).key === "Enter" && item.edit_url) { event.stopPropagation(); this.openForm(item.edit_url); } } },
    svg("title", {}, this.words(item)), svg("rect", { class: `lane-${item.kind}`, x: from, y: y + 13, width, height: ROW - 16, rx: 3 }),
    label && this.mode === "day" ? svg("text", { x: from + 6, y: y + 29 }, label) : null);
  }

  private words(item: Item): string {
    const sameDay = localDay(item.from) === localDay(item.until);
    const until = item.is_open ? t("still_there") : sameDay ? clockTime(item.until) : instantText(item.until);
    return [item.label, item.detail, `${instantText(item.from)} – ${until}`, item.n_exposed ? t("exposed", { n: item.n_exposed }) : ""].filter(Boolean).join(", ");
  }

  private select(id: string | null, tell: boolean): void {
    if (id === this.selected && tell) return;
    this.selected = id;
    if (tell) this.bus.dispatchEvent(new CustomEvent("select", { detail: id }));
    this.mark();
    const item = this.items.find((one) => one.id === id);
    if (!item) return this.detail.replaceChildren();
    this.detail.replaceChildren(h("b", {}, item.label), h("span", { class: "tabular" }, this.words(item).slice(item.label.length + 2)),
      item.source ? h("span", { class: "text-2" }, item.source) : "", item.note ? h("span", { class: "text-2" }, item.note) : "",
      item.edit_url ? h("button", { type: "button", class: "btn btn-sm", onclick: () => this.openForm(item.edit_url) }, t("correct")) : "",
      item.url ? h("a", { class: "btn btn-sm", href: item.url }, t("open")) : "");
  }

  private mark(): void {
    for (const bar of this.querySelectorAll<SVGElement>(".lane-item")) bar.classList.toggle("is-on", bar.dataset.item === this.selected);
    this.querySelectorAll(".lane-cursor").forEach((line) => line.remove());
    const { time, facts } = this;
    const picture = this.querySelector(".lane-svg");
    if (time === undefined || !facts || !picture) return;
    const lanes = this.lanes(facts);
    const width = this.box?.clientWidth ?? 0;
    const left = this.mode === "day" ? 48 : Math.min(160, width * 0.3);
    lanes.forEach((lane, i) => {
      if (time < lane.span.from || time >= lane.span.until) return;
      const at = left + ((time - lane.span.from) / (lane.span.until - lane.span.from)) * (width - left - 8);
      picture.append(svg("line", { class: "lane-cursor", x1: at, x2: at, y1: TOP + i * ROW, y2: TOP + (i + 1) * ROW }));
    });
  }

  private scrubber(facts: StayFacts): HTMLElement {
    const extent = extentOf(facts, this.items);
    const shown = h("output", {}, this.time === undefined ? "" : instantText(this.time));
    const range = h("input", { type: "range", min: extent.from, max: extent.until, step: (extent.until - extent.from) / DAY > 7 ? HOUR / 2 : 10 * MINUTE, value: this.time ?? extent.from, "aria-label": t("time_of_day") });
    range.addEventListener("input", () => {
      this.time = Number(range.value);
      shown.textContent = instantText(this.time);
      range.setAttribute("aria-valuetext", shown.textContent);
      this.bus.dispatchEvent(new CustomEvent("time", { detail: this.time }));
      const now = this.items.find((item) => item.from <= (this.time as number) && (this.time as number) < item.until);
      this.select(now?.id ?? null, true);
      this.mark();
    });
    return h("div", { class: "time-slider" }, h("span", { class: "text-2" }, t("time_of_day")), range, shown);
  }

  private legend(facts: StayFacts): HTMLElement {
    const mark = (kind: string) => svg("svg", { width: 14, height: 12, "aria-hidden": "true" }, svg("rect", { class: kind, x: 1, y: 1, width: 12, height: 10, rx: 2 }));
    return h("ul", { class: "legend" }, h("li", {}, mark("lane-stay"), t("place")), h("li", {}, mark("lane-trip"), t("trip")), h("li", {}, mark("lane-gap"), t("gap_legend")), facts.window ? h("li", {}, mark("lane-window"), facts.window.label) : null);
  }

  private list(): Node {
    return table([t("place"), t("from"), t("until"), t("seat"), t("source"), t("contacts")], this.items.map((item) => [
      item.label, instantText(item.from), item.is_open ? t("still_there") : instantText(item.until), item.detail, item.source, item.n_exposed ? String(item.n_exposed) : "",
    ]));
  }
}

export function start(): void {
  define("stay-timeline", StayTimeline);
}
