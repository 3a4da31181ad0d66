/** Choropleth by child area with layers of points, printed breaks, a time slider and a list of the same figures. */
import { h, link, table, token } from "../kit/dom";
import { define, Part } from "../kit/part";
import { readReference } from "../kit/source";
import { grouped, signed, t, textWidth } from "../kit/text";
import { bubbleBounds, bubbleGeo, bubbleSeries, type Bubble } from "./area_bubbles";
import { mapClasses, quantileBreaks, type MapClass } from "./classes";
import { makeChart, registerMap, tooltipStyle, type Chart, type Option } from "./echarts";
import { bareCode, bounds, flatPositions, pickFeatures, type Outlines, type Position } from "./outlines";

interface Area { code: string | number; name: string; value?: number | null; change?: number; url?: string; values?: (number | null)[]; at?: Position | null }
interface Point { name: string; at: Position; state?: string; note?: string; url?: string }
interface Layer { kind: "zones" | "places" | "sites" | "checkpoints"; label: string; points: Point[] }
interface MapFacts {
  measure: { label: string; unit?: string; breaks?: number[] }; areas: Area[]; times?: string[]; layers?: Layer[];
  note?: string; outlines?: Outlines; is_approved_map?: boolean;
}

interface Piece { gte?: number; lt?: number; color: string }

const SYMBOLS = { zones: "diamond", places: "circle", sites: "rect", checkpoints: "triangle" };
const STATE_TOKENS: Record<string, string> = { soon: "soon-mark", late: "late-mark", danger: "late-mark", done: "done-mark", active: "accent" };
const MAX_SHARE_OF_LABELS = 40;
/** Names whose widths sum to more than this many times the width of the map overlap: only areas with a value are named. */
const CROWDED = 2.5;
const ASPECT_SCALE = 0.92; // of longitude against latitude, right near 23 degrees north
let nextMap = 0;

/** Relative luminance of `#rrggbb`, 0 to 1. */
export function luminance(color: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => (Number.parseInt(color.slice(at, at + 2), 16) / 255) ** 2.2) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

class AreaMap extends Part<MapFacts> {
  private chart: Chart | undefined;
  private readonly mapName = `areas-${nextMap++}`;
  private step = -1;
  private layoutSize = 400;
  private hasOutlines = true;
  private hiddenLayers = new Set<string>();
  private player = 0;

  protected isEmpty(facts: MapFacts): boolean {
    return !facts.areas.length;
  }

  protected override release(): void {
    clearInterval(this.player);
    this.chart?.dispose();
    this.chart = undefined;
  }

  protected async draw(facts: MapFacts): Promise<void> {
    const around = await this.outlinesAround(facts);
    const own = pickFeatures(around, new Set(facts.areas.map((area) => bareCode(area.code))));
    this.hasOutlines = own.features.length > 0;
    const outlines = this.hasOutlines ? own : pickFeatures(around);
    this.release();
    this.step = facts.times ? facts.times.length - 1 : -1;
    if (!this.hasOutlines && !this.bubbles(facts).length) {
      this.replaceChildren(h("p", { class: "part-note" }, t("no_outlines")), this.list(facts));
      return;
    }
    registerMap(this.mapName, outlines);
    const box = h("div", { class: "chart-box", role: "img", "aria-label": `${facts.measure.label}. ${this.summary(facts)}` });
    const fit = this.fit(this.hasOutlines ? bounds(outlines.features.flatMap((feature) => flatPositions(feature.geometry.coordinates)), 0, 0) : bubbleBounds(this.bubbles(facts)));
    this.layoutSize = fit.layoutSize;
    box.style.height = `${fit.height}px`;
    const drawing = h("div", {}, box, this.classLegend(facts), facts.times ? this.slider(facts) : null,
      h("p", { class: "part-note" }, [facts.is_approved_map ? "" : t("schematic"), facts.note ?? ""].filter(Boolean).join(" · ")));
    this.withTable(drawing, () => this.list(facts), ...this.layerBoxes(facts));
    this.chart = makeChart(box);
    this.chart.setOption(this.option(facts));
    this.chart.on("click", (event) => this.follow(facts, event as unknown as { seriesType: string; name: string; data?: { url?: string } }));
  }

  private async outlinesAround(facts: MapFacts): Promise<Outlines> {
    return facts.outlines ?? (this.dataset.outlines ? await readReference<Outlines>(this.dataset.outlines) : { type: "FeatureCollection" as const, features: [] });
  }

  private bubbles(facts: MapFacts): Bubble[] {
    return facts.areas.flatMap((area) => (area.at ? [{ code: bareCode(area.code), name: area.name, at: area.at, value: this.valueOf(area), url: area.url }] : []));
  }

  private valueOf(area: Area): number | null {
    return (this.step >= 0 && area.values ? area.values[this.step] : area.value) ?? null;
  }

  private classes(facts: MapFacts): MapClass[] {
    return mapClasses(facts.measure.breaks ?? quantileBreaks(facts.areas.map((area) => this.valueOf(area) ?? 0)));
  }

  private summary(facts: MapFacts): string {
    const top = [...facts.areas].sort((a, b) => (this.valueOf(b) ?? -1) - (this.valueOf(a) ?? -1)).slice(0, 5);
    return top.map((area) => `${area.name} ${grouped(this.valueOf(area))}`).join(", ");
  }

  private option(facts: MapFacts): Option {
    const byCode = new Map(facts.areas.map((area) => [bareCode(area.code), area]));
    const pieces = this.classes(facts).map((one) => ({ ...(one.from > -Infinity ? { gte: one.from } : {}), ...(one.until < Infinity ? { lt: one.until } : {}), color: token(`map-${one.color}`) }));
    return {
      animation: false,
      tooltip: { ...tooltipStyle(), trigger: "item" },
      visualMap: { show: false, type: "piecewise", pieces, seriesIndex: 0, outOfRange: { color: token("map-none") } },
      geo: {
        map: this.mapName, roam: true, scaleLimit: { min: 0.8, max: 20 }, layoutCenter: ["50%", "50%"], layoutSize: this.layoutSize, aspectScale: ASPECT_SCALE,
        ...(this.hasOutlines ? this.choroplethGeo(facts, pieces, byCode) : bubbleGeo(this.bubbles(facts))),
      },
      series: [this.hasOutlines ? {
        type: "map", geoIndex: 0, map: this.mapName, data: facts.areas.map((area) => ({ name: bareCode(area.code), value: this.valueOf(area) ?? Number.NaN })),
        tooltip: { formatter: (item: { name: string }) => this.areaText(facts, byCode.get(item.name)) },
      } : bubbleSeries(this.bubbles(facts), (code) => this.areaText(facts, byCode.get(code))), ...this.pointSeries(facts)],
    };
  }

  private choroplethGeo(facts: MapFacts, pieces: Piece[], byCode: Map<string, Area>): Option {
    const nameOf = (area: Area | undefined): string => area?.name.replace(/(市|区|县)$/, "") ?? "";
    const isCrowded = facts.areas.reduce((sum, area) => sum + textWidth(nameOf(area)), 0) > CROWDED * (this.clientWidth || 600);
    const isNamed = (area: Area | undefined): boolean => !isCrowded || Boolean(area && this.valueOf(area));
    return {
      itemStyle: { areaColor: token("map-none"), borderColor: token("surface"), borderWidth: 1 },
      emphasis: { itemStyle: { areaColor: null, borderColor: token("text"), borderWidth: 2 }, label: { color: token("text") } }, select: { disabled: true },
      regions: facts.areas.map((area) => ({ name: bareCode(area.code), label: this.labelStyle(pieces, this.valueOf(area)) })),
      label: {
        show: facts.areas.length <= MAX_SHARE_OF_LABELS, fontSize: 11, fontFamily: token("font"), color: token("text"), textBorderColor: token("surface"), textBorderWidth: 2.5,
        formatter: (item: { name: string }) => (isNamed(byCode.get(item.name)) ? nameOf(byCode.get(item.name)) : ""),
      },
    };
  }

  /** Words on dark classes are light and the other way round, whatever the theme. */
  private labelStyle(pieces: Piece[], value: number | null): Option {
    const piece = value === null ? undefined : pieces.find((one) => value >= (one.gte ?? -Infinity) && value < (one.lt ?? Infinity));
    const isDark = luminance(piece?.color ?? token("map-none")) < 0.25;
    return { color: isDark ? "#ffffff" : "#101820", textBorderColor: piece?.color ?? token("map-none"), textBorderWidth: 2 };
  }

  /** Height of the box and size of the longer side, so that the whole map shows and a narrow box is not left empty. */
  private fit([west, south, east, north]: [number, number, number, number]): { height: number; layoutSize: number } {
    const aspect = ((east - west) * ASPECT_SCALE) / (north - south);
    const width = this.clientWidth || 600;
    const height = Math.min(Number(this.dataset.height ?? 440), Math.max(width / aspect + 16, 200));
    return { height, layoutSize: 0.97 * (aspect > 1 ? Math.min(width, height * aspect) : Math.min(height, width / aspect)) };
  }

  private areaText(facts: MapFacts, area: Area | undefined): string {
    if (!area) return "";
    const value = this.valueOf(area);
    const change = area.change !== undefined && this.step < 0 ? ` (${signed(area.change)})` : "";
    return `${area.name}\n${facts.measure.label}: ${value === null ? t("not_reported") : grouped(value) + change} ${value === null ? "" : (facts.measure.unit ?? "")}`;
  }

  private pointSeries(facts: MapFacts): Option[] {
    return (facts.layers ?? []).filter((layer) => !this.hiddenLayers.has(layer.kind)).map((layer) => ({
      type: "scatter", coordinateSystem: "geo", symbol: SYMBOLS[layer.kind], symbolSize: layer.kind === "places" ? 7 : 12,
      data: layer.points.map((point) => ({ name: point.name, value: point.at, url: point.url, note: point.note, itemStyle: { color: token(STATE_TOKENS[point.state ?? ""] ?? "text-2"), borderColor: token("surface"), borderWidth: 1.5 } })),
      tooltip: { formatter: (item: { name: string; data: { note?: string } }) => [layer.label, item.name, item.data.note].filter(Boolean).join("\n") },
    }));
  }

  private classLegend(facts: MapFacts): HTMLElement {
    const swatch = (name: string) => {
      const mark = h("span", { class: "swatch", "aria-hidden": "true" });
      mark.style.background = token(name);
      return mark;
    };
    return h("ul", { class: "legend", "aria-label": facts.measure.label },
      h("li", {}, h("b", {}, facts.measure.label), facts.measure.unit ? ` (${facts.measure.unit})` : ""),
      ...this.classes(facts).map((one) => h("li", {}, swatch(`map-${one.color}`), one.label)),
      facts.areas.some((area) => this.valueOf(area) === null) ? h("li", {}, swatch("map-none"), t("not_reported")) : null);
  }

  private layerBoxes(facts: MapFacts): Node[] {
    const boxes = (facts.layers ?? []).map((layer) => h("label", { class: "layer-box" },
      h("input", { type: "checkbox", class: "form-check-input", checked: !this.hiddenLayers.has(layer.kind), onchange: (event) => {
        if ((event.target as HTMLInputElement).checked) this.hiddenLayers.delete(layer.kind); else this.hiddenLayers.add(layer.kind);
        this.chart?.setOption(this.option(facts), { replaceMerge: ["series"] });
      } }), h("span", { class: `layer-mark layer-${layer.kind}`, "aria-hidden": "true" }), `${layer.label} ${grouped(layer.points.length)}`));
    return boxes.length ? [...boxes, h("span", { class: "part-spring" })] : [];
  }

  private slider(facts: MapFacts): HTMLElement {
    const times = facts.times as string[];
    const shown = h("output", {}, times[this.step] ?? "");
    const range = h("input", { type: "range", min: 0, max: times.length - 1, value: this.step, "aria-label": t("day_column") });
    const go = (step: number) => {
      this.step = step;
      range.value = String(step);
      range.setAttribute("aria-valuetext", times[step] ?? "");
      shown.textContent = times[step] ?? "";
      this.chart?.setOption(this.option(facts), { replaceMerge: ["series"] });
    };
    range.addEventListener("input", () => go(Number(range.value)));
    const play = h("button", { type: "button", class: "btn btn-sm", onclick: () => {
      const wasPlaying = this.player;
      clearInterval(this.player);
      this.player = wasPlaying ? 0 : window.setInterval(() => go((this.step + 1) % times.length), 700);
      play.textContent = t(this.player ? "pause" : "play");
    } }, t("play"));
    return h("div", { class: "time-slider" }, play, range, shown);
  }

  private list(facts: MapFacts): Node {
    const rows = [...facts.areas].sort((a, b) => (this.valueOf(b) ?? -1) - (this.valueOf(a) ?? -1));
    return table([t("area"), facts.measure.label, t("change")], rows.map((area) => {
      const value = this.valueOf(area);
      return [link(area.name, area.url), value === null ? t("not_reported") : grouped(value), area.change === undefined ? "" : signed(area.change)];
    }), this.step >= 0 ? facts.times?.[this.step] : undefined);
  }

  private follow(facts: MapFacts, event: { seriesType: string; name: string; data?: { url?: string } }): void {
    const url = event.data?.url ?? facts.areas.find((area) => bareCode(area.code) === event.name)?.url;
    if (url) location.href = url;
  }
}


export function start(): void {
  define("area-map", AreaMap);
}
