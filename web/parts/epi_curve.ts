/** New cases by day, the reproduction number below on the same days, and the forecast fan. */
import { h, table, token } from "../kit/dom";
import { define, Part } from "../kit/part";
import { grouped, t } from "../kit/text";
import { axisStyle, makeChart, tooltipStyle, type Chart, type Option } from "./echarts";

type Series = (number | null)[];
export interface CurveFacts {
  days: string[]; new: Series; groups?: { label: string; values: Series }[];
  rt?: { days: string[]; mean: Series; low: Series; high: Series };
  forecast?: { days: string[]; median: Series; bands?: { level: number; low: Series; high: Series }[] };
  label?: string; interval?: { label: string; low: Series; high: Series };
  bounds?: { label: string; values: Series; alarms: boolean[] }[];
  marks?: { on: string; label: string }[]; basis?: string; method?: string; provisional_from?: string;
}

/** Values of one series put on the common days; days it does not know are gaps. */
export function onDays(all: string[], days: string[], values: Series): Series {
  const known = new Map(days.map((on, i) => [on, values[i] ?? null]));
  return all.map((on) => known.get(on) ?? null);
}

export function commonDays(facts: CurveFacts): string[] {
  const ends = [...facts.days, ...(facts.rt?.days ?? []), ...(facts.forecast?.days ?? [])].sort();
  if (!ends.length) return [];
  const days: string[] = [];
  for (let at = Date.parse(ends[0] as string); at <= Date.parse(ends[ends.length - 1] as string); at += 86400000) days.push(new Date(at).toISOString().slice(0, 10));
  return days;
}

class EpiCurve extends Part<CurveFacts> {
  private chart: Chart | undefined;

  protected isEmpty(facts: CurveFacts): boolean {
    return !facts.days.length;
  }

  protected override release(): void {
    this.chart?.dispose();
    this.chart = undefined;
  }

  protected draw(facts: CurveFacts): void {
    this.release();
    const days = commonDays(facts);
    const box = h("div", { class: "chart-box", role: "img", "aria-label": this.summary(facts) });
    box.style.height = `${Number(this.dataset.height ?? 280) + (facts.rt ? 108 : 0)}px`;
    const note = [facts.basis, facts.provisional_from ? t("provisional") : "", facts.method].filter(Boolean).join(" · ");
    this.withTable(h("div", {}, box, this.legend(facts), note ? h("p", { class: "part-note" }, note) : null), () => this.list(facts, days));
    this.chart = makeChart(box);
    this.chart.setOption(this.option(facts, days));
  }

  private summary(facts: CurveFacts): string {
    const known = facts.new.filter((n): n is number => n !== null);
    const top = Math.max(...known);
    return `${this.label(facts)}: ${facts.days[0]} – ${facts.days[facts.days.length - 1]}, max ${grouped(top)} (${facts.days[facts.new.indexOf(top)]})`;
  }

  /** What is counted, where the page says it is not new cases. */
  private label(facts: CurveFacts): string {
    return facts.label ?? t("new_cases");
  }

  private option(facts: CurveFacts, days: string[]): Option {
    const height = Number(this.dataset.height ?? 280);
    const grids = [{ left: 48, right: 16, top: 28, height: height - 64 }, { left: 48, right: 16, top: height - 4, height: 84 }];
    const axis = axisStyle();
    const dayLabel = { ...(axis.axisLabel as Option), formatter: (on: string, i: number) => (i === 0 || on.endsWith("-01") ? on : on.slice(5)), hideOverlap: true };
    const lanes = facts.rt ? [0, 1] : [0];
    return {
      animation: false,
      tooltip: { ...tooltipStyle(), trigger: "axis", axisPointer: { type: "line", lineStyle: { color: token("line-strong") } }, formatter: (items: { axisValue: string }[]) => this.tip(facts, items[0]?.axisValue ?? "") },
      axisPointer: { link: [{ xAxisIndex: "all" }] },
      grid: grids.slice(0, lanes.length),
      xAxis: lanes.map((i) => ({ type: "category", data: days, gridIndex: i, ...axis, splitLine: { show: false }, axisLabel: { ...dayLabel, show: i === lanes.length - 1 }, axisTick: { show: false } })),
      yAxis: lanes.map((i) => ({ type: "value", gridIndex: i, name: i ? t("rt") : this.label(facts), nameGap: 8, minInterval: i ? 0.5 : 1, splitNumber: i ? 2 : 4, ...axis, axisLine: { show: false } })),
      series: [...this.bars(facts, days), ...this.limits(facts, days), ...this.fan(facts, days), ...this.rt(facts, days)],
    };
  }

  private bars(facts: CurveFacts, days: string[]): Option[] {
    const groups = facts.groups ?? [{ label: this.label(facts), values: facts.new }];
    return groups.map((group, i) => ({
      type: "bar", name: group.label, stack: "new", barCategoryGap: "12%", barMaxWidth: 28,
      data: onDays(days, facts.days, group.values).map((value, d) => ({ value, itemStyle: { color: token(`set-${i}`), opacity: facts.provisional_from && (days[d] as string) >= facts.provisional_from ? 0.45 : 1 } })),
      ...(i === 0 && facts.marks?.length ? { markLine: this.marks(facts, days) } : {}),
    }));
  }

  private marks(facts: CurveFacts, days: string[]): Option {
    const known = (facts.marks ?? []).filter((mark) => days.includes(mark.on));
    return {
      symbol: "none", silent: true, lineStyle: { color: token("text-2"), type: "solid", width: 1 },
      data: known.map((mark, i) => ({ xAxis: mark.on, label: { formatter: mark.label, color: token("text-2"), fontFamily: token("font"), fontSize: 11, position: "end", distance: [0, 2 + (i % 2) * 12], align: days.indexOf(mark.on) > days.length * 0.7 ? "right" : "left" } })),
    };
  }

  /** The interval of corrected counts, the bounds of detectors, and a mark on each day above one. */
  private limits(facts: CurveFacts, days: string[]): Option[] {
    const { interval, bounds = [] } = facts;
    const shade = interval ? this.band("interval", 0, onDays(days, facts.days, interval.low), onDays(days, facts.days, interval.high), token("text-2"), 0.3) : [];
    const lines = bounds.map((bound, i) => ({ type: "line", step: "middle", name: bound.label, data: onDays(days, facts.days, bound.values), showSymbol: false, lineStyle: { color: token(`set-${i + 1}`), width: 1.5 } }));
    const isAlarm = (i: number) => bounds.some((bound) => bound.alarms[i]);
    const marked = facts.new.map((value, i) => (isAlarm(i) ? value : null));
    const alarms = { type: "scatter", name: t("signal"), symbol: "triangle", symbolSize: 10, symbolOffset: [0, -8], data: onDays(days, facts.days, marked), itemStyle: { color: token("late-mark") } };
    return [...shade, ...lines, ...(bounds.length ? [alarms] : [])];
  }

  private fan(facts: CurveFacts, days: string[]): Option[] {
    const { forecast } = facts;
    if (!forecast) return [];
    const color = token("text-2");
    const bands = [...(forecast.bands ?? [])].sort((a, b) => b.level - a.level);
    return [...bands.flatMap((band, i) => this.band(`fan-${i}`, 0, onDays(days, forecast.days, band.low), onDays(days, forecast.days, band.high), color, 0.16)),
      { type: "line", name: t("forecast"), data: onDays(days, forecast.days, forecast.median), showSymbol: false, lineStyle: { color, width: 2, type: "dashed" }, itemStyle: { color } }];
  }

  private rt(facts: CurveFacts, days: string[]): Option[] {
    const { rt } = facts;
    if (!rt) return [];
    const color = token("set-2");
    return [...this.band("rt", 1, onDays(days, rt.days, rt.low), onDays(days, rt.days, rt.high), color, 0.25),
      { type: "line", name: t("rt"), xAxisIndex: 1, yAxisIndex: 1, data: onDays(days, rt.days, rt.mean), showSymbol: false, lineStyle: { color, width: 2 }, itemStyle: { color },
        markLine: { symbol: "none", silent: true, data: [{ yAxis: 1 }], lineStyle: { color: token("text-2"), type: "dashed" }, label: { show: false } } }];
  }

  /** A band is an invisible lower line and the difference stacked on it. */
  private band(stack: string, lane: number, low: Series, high: Series, color: string, opacity: number): Option[] {
    const common = { type: "line", stack, xAxisIndex: lane, yAxisIndex: lane, symbol: "none", silent: true, lineStyle: { opacity: 0 } };
    return [{ ...common, data: low }, { ...common, data: high.map((top, i) => (top === null || low[i] === null ? null : top - (low[i] as number))), areaStyle: { color, opacity } }];
  }

  private tip(facts: CurveFacts, on: string): string {
    const at = (days: string[], values: Series | undefined) => { const i = days.indexOf(on); return i < 0 ? null : (values?.[i] ?? null); };
    const lines = [on];
    const count = at(facts.days, facts.new);
    if (count !== null) lines.push(`${this.label(facts)}: ${grouped(count)}`);
    for (const group of facts.groups ?? []) { const n = at(facts.days, group.values); if (n !== null) lines.push(`  ${group.label}: ${grouped(n)}`); }
    if (facts.interval) lines.push(`${facts.interval.label}: ${grouped(at(facts.days, facts.interval.low))}–${grouped(at(facts.days, facts.interval.high))}`);
    for (const bound of facts.bounds ?? []) lines.push(`${bound.label}: ${grouped(at(facts.days, bound.values))}${bound.alarms[facts.days.indexOf(on)] ? ` · ${t("signal")}` : ""}`);
    if (facts.forecast && at(facts.forecast.days, facts.forecast.median) !== null) {
      lines.push(`${t("forecast")}: ${grouped(at(facts.forecast.days, facts.forecast.median))}`);
      for (const band of facts.forecast.bands ?? []) lines.push(`  ${t("interval", { level: Math.round(band.level * 100) })}: ${grouped(at(facts.forecast.days, band.low))}–${grouped(at(facts.forecast.days, band.high))}`);
    }
    if (facts.rt && at(facts.rt.days, facts.rt.mean) !== null) lines.push(`${t("rt")}: ${grouped(at(facts.rt.days, facts.rt.mean))} (${grouped(at(facts.rt.days, facts.rt.low))}–${grouped(at(facts.rt.days, facts.rt.high))})`);
    return lines.join("\n");
  }

  private legend(facts: CurveFacts): HTMLElement {
    const entries: [string, string][] = (facts.groups ?? [{ label: this.label(facts) }]).map((group, i) => [group.label, `set-${i}`]);
    if (facts.interval) entries.push([facts.interval.label, "text-2"]);
    facts.bounds?.forEach((bound, i) => entries.push([bound.label, `set-${i + 1}`]));
    if (facts.bounds) entries.push([`▲ ${t("signal")}`, "late-mark"]);
    if (facts.forecast) entries.push([[t("forecast"), ...(facts.forecast.bands ?? []).map((band) => t("interval", { level: Math.round(band.level * 100) }))].join(", "), "text-2"]);
    if (facts.rt) entries.push([`${t("rt")} (${t("threshold")})`, "set-2"]);
    return h("ul", { class: "legend" }, ...entries.map(([label, name]) => {
      const mark = h("span", { class: "swatch", "aria-hidden": "true" });
      mark.style.background = token(name);
      return h("li", {}, mark, label);
    }));
  }

  private list(facts: CurveFacts, days: string[]): Node {
    const between = (low: number | null | undefined, high: number | null | undefined) => `${grouped(low)}–${grouped(high)}`;
    const columns: [string, Series | string[]][] = [[this.label(facts), onDays(days, facts.days, facts.new)]];
    const { interval, rt, forecast } = facts;
    for (const group of facts.groups ?? []) columns.push([group.label, onDays(days, facts.days, group.values)]);
    if (interval) columns.push([interval.label, days.map((on) => { const i = facts.days.indexOf(on); return i < 0 ? "" : between(interval.low[i], interval.high[i]); })]);
    for (const bound of facts.bounds ?? []) columns.push([bound.label, onDays(days, facts.days, bound.values)]);
    if (rt) columns.push([t("rt"), days.map((on) => { const i = rt.days.indexOf(on); return i < 0 ? "" : `${grouped(rt.mean[i])} (${between(rt.low[i], rt.high[i])})`; })]);
    if (forecast) {
      columns.push([t("forecast"), onDays(days, forecast.days, forecast.median)]);
      for (const band of forecast.bands ?? []) columns.push([t("interval", { level: Math.round(band.level * 100) }), days.map((on) => { const i = forecast.days.indexOf(on); return i < 0 ? "" : between(band.low[i], band.high[i]); })]);
    }
    const cell = (value: number | string | null | undefined) => (typeof value === "string" ? value : grouped(value));
    return table([t("day_column"), ...columns.map(([name]) => name)], days.map((on, i) => [on, ...columns.map(([, values]) => cell(values[i]))]).reverse());
  }
}

export function start(): void {
  define("epi-curve", EpiCurve);
}
