/** The places of one person at their coordinates, the ways between them, and where the person is at the time scrubbed to. */
import { h, table, token } from "../kit/dom";
import { define, Part } from "../kit/part";
import { readReference } from "../kit/source";
import { t } from "../kit/text";
import { instantText, nowSeconds, spanText } from "../kit/time";
import { makeChart, registerMap, tooltipStyle, type Chart, type Option } from "./echarts";
import { bounds, pickFeatures, type Outlines, type Position } from "./outlines";
import { groupBus, itemsOf, positionAt, type Item, type StayFacts } from "./stays";

let nextMap = 0;

class StayMap extends Part<StayFacts & { outlines?: Outlines }> {
  private chart: Chart | undefined;
  private items: Item[] = [];
  private selected: string | null = null;
  private time: number | undefined;
  private readonly mapName = `stays-${nextMap++}`;

  override connectedCallback(): void {
    super.connectedCallback();
    const bus = groupBus(this.dataset.group ?? "");
    this.listen(bus, "select", (event) => { this.selected = (event as CustomEvent<string | null>).detail; this.update(); });
    this.listen(bus, "time", (event) => { this.time = (event as CustomEvent<number>).detail; this.update(); });
  }

  protected isEmpty(facts: StayFacts): boolean {
    return !facts.stays.some((stay) => stay.at) && !facts.trips?.some((trip) => trip.path?.length);
  }

  protected override release(): void {
    this.chart?.dispose();
    this.chart = undefined;
  }

  protected async draw(facts: StayFacts & { outlines?: Outlines }): Promise<void> {
    const outlines = facts.outlines ?? (this.dataset.outlines ? await readReference<Outlines>(this.dataset.outlines) : undefined);
    this.release();
    this.items = itemsOf(facts, nowSeconds());
    registerMap(this.mapName, pickFeatures(outlines ?? { type: "FeatureCollection", features: [] }));
    const box = h("div", { class: "chart-box", role: "img", "aria-label": this.places().map((place) => place.label).join(", ") });
    box.style.height = `${this.dataset.height ?? 360}px`;
    this.withTable(h("div", {}, box, h("p", { class: "part-note" }, t("schematic"))), () => this.list());
    this.chart = makeChart(box);
    this.chart.setOption(this.option());
    this.chart.on("click", (event) => {
      const id = (event.data as { item?: string } | undefined)?.item;
      if (id) groupBus(this.dataset.group ?? "").dispatchEvent(new CustomEvent("select", { detail: id }));
    });
  }

  /** One mark per place, with the time spent there in all. */
  private places(): { label: string; at: Position; total: number; ids: string[]; n: number }[] {
    const byKey = new Map<string, { label: string; at: Position; total: number; ids: string[]; n: number }>();
    for (const item of this.items) if (item.at) {
      const key = `${item.label}|${item.at.join(",")}`;
      const place = byKey.get(key) ?? { label: item.label, at: item.at, total: 0, ids: [], n: 0 };
      place.total += item.until - item.from;
      place.n += item.n_exposed;
      place.ids.push(item.id);
      byKey.set(key, place);
    }
    return [...byKey.values()];
  }

  private option(): Option {
    const positions = this.items.flatMap((item) => (item.at ? [item.at] : item.path));
    const [west, south, east, north] = bounds(positions);
    return {
      animation: false, tooltip: { ...tooltipStyle(), trigger: "item" },
      geo: {
        map: this.mapName, roam: true, scaleLimit: { min: 0.3, max: 60 }, boundingCoords: [[west, north], [east, south]], silent: true, aspectScale: 0.92,
        itemStyle: { areaColor: token("surface-2"), borderColor: token("line-strong"), borderWidth: 1 },
      },
      series: this.series(),
    };
  }

  private series(): Option[] {
    const font = { fontFamily: token("font"), fontSize: 11, color: token("text"), textBorderColor: token("surface"), textBorderWidth: 3 };
    const here = this.time === undefined ? undefined : positionAt(this.items, this.time);
    return [
      { id: "trips", type: "lines", coordinateSystem: "geo", polyline: true, data: this.items.filter((item) => item.path.length > 1).map((item) => ({ coords: item.path, item: item.id, name: item.label, lineStyle: { color: token("set-3"), width: item.id === this.selected ? 4 : 2, type: "dashed", opacity: 0.9 } })), tooltip: { formatter: (one: { name: string }) => one.name } },
      { id: "places", type: "scatter", coordinateSystem: "geo", labelLayout: { hideOverlap: true, moveOverlap: "shiftY" },
        label: { show: true, position: "right", formatter: (one: { name: string }) => one.name, ...font },
        data: this.places().map((place) => {
          const on = this.selected !== null && place.ids.includes(this.selected);
          return { name: place.label, value: place.at, item: place.ids[0], total: place.total, n: place.n, symbolSize: Math.min(8 + Math.sqrt(place.total / 3600) * 2, 22), itemStyle: { color: token("set-0"), borderColor: token(on ? "text" : "surface"), borderWidth: on ? 3 : 1.5 } };
        }),
        tooltip: { formatter: (one: { name: string; data: { total: number; n: number } }) => [one.name, spanText(one.data.total), one.data.n ? t("exposed", { n: one.data.n }) : ""].filter(Boolean).join("\n") } },
      { id: "here", type: "scatter", coordinateSystem: "geo", symbol: "pin", symbolSize: 34, z: 9, silent: true, data: here ? [{ value: here }] : [], itemStyle: { color: token("late-mark") } },
    ];
  }

  private update(): void {
    this.chart?.setOption({ series: this.series() });
  }

  private list(): Node {
    return table([t("place"), t("from"), t("contacts")], this.items.map((item) => [item.label, instantText(item.from), item.n_exposed ? String(item.n_exposed) : ""]));
  }
}

export function start(): void {
  define("stay-map", StayMap);
}
