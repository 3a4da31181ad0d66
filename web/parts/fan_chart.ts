/** Several futures on one time axis: a median line and a band for each, and a line for what is there now. */
import { h, table, token } from "../kit/dom";
import { define, Part } from "../kit/part";
import { grouped, t } from "../kit/text";
import { axisStyle, makeChart, tooltipStyle, type Chart, type Option } from "./echarts";

/** A line without bounds has no band. */
export interface FanLine { label: string; low?: number[]; median: number[]; high?: number[] }
export interface FanFacts {
  label: string; days: string[]; lines: FanLine[]; places: string[]; level: number; limit?: { label: string; value: number } | null;
}

/** The colour of a scenario depends on its place among all scenarios, not on those drawn in this chart. */
export function colourOf(facts: FanFacts, label: string): string {
  return `set-${Math.max(facts.places.indexOf(label), 0) % 7}`;
}

/** The end of the axis: the limit is shown when the fans come near it, else it would flatten them. */
export function axisTop(facts: FanFacts): number | undefined {
  const top = Math.max(0, ...facts.lines.flatMap((line) => line.high ?? line.median));
  return facts.limit && facts.limit.value > top && facts.limit.value <= 4 * top ? facts.limit.value * 1.05 : undefined;
}

/** The number of a day, with its bounds where it has some. */
function cell(line: FanLine, k: number): string {
  const whole = (n: number | undefined) => grouped(Math.round(n ?? 0));
  return whole(line.median[k]) + (line.low && line.high ? ` (${whole(line.low[k])}–${whole(line.high[k])})` : "");
}

class FanChart extends Part<FanFacts> {
  private chart: Chart | undefined;

  protected isEmpty(facts: FanFacts): boolean {
    return !facts.lines.length;
  }

  protected override release(): void {
    this.chart?.dispose();
    this.chart = undefined;
  }

  protected draw(facts: FanFacts): void {
    this.release();
    const box = h("div", { class: "chart-box", role: "img", "aria-label": this.summary(facts) });
    box.style.height = `${Number(this.dataset.height ?? 220)}px`;
    this.withTable(h("div", {}, box, this.legend(facts)), () => this.list(facts));
    this.chart = makeChart(box);
    this.chart.setOption(this.option(facts));
  }

  private summary(facts: FanFacts): string {
    return `${facts.label}: ${facts.lines.map((line) => `${line.label} max ${grouped(Math.max(...line.median))}`).join("; ")}`;
  }

  private option(facts: FanFacts): Option {
    const axis = axisStyle();
    return {
      animation: false,
      tooltip: { ...tooltipStyle(), trigger: "axis", axisPointer: { type: "line", lineStyle: { color: token("line-strong") } }, formatter: (items: { dataIndex: number }[]) => this.tip(facts, items[0]?.dataIndex ?? 0) },
      grid: { left: 56, right: 12, top: 12, bottom: 24 },
      xAxis: { type: "category", data: facts.days, boundaryGap: false, ...axis, splitLine: { show: false }, axisTick: { show: false }, axisLabel: { ...(axis.axisLabel as Option), formatter: (on: string) => on.slice(5), hideOverlap: true } },
      yAxis: { type: "value", min: 0, max: axisTop(facts), splitNumber: 4, ...axis, axisLine: { show: false }, axisLabel: { ...(axis.axisLabel as Option), formatter: (n: number) => grouped(n), showMaxLabel: axisTop(facts) === undefined } },
      series: facts.lines.flatMap((line, i) => this.fan(facts, line, i)),
    };
  }

  private fan(facts: FanFacts, line: FanLine, i: number): Option[] {
    const color = token(colourOf(facts, line.label));
    const band = { type: "line", stack: `fan-${i}`, symbol: "none", silent: true, lineStyle: { opacity: 0 } };
    const limit = i === 0 && facts.limit ? { markLine: { symbol: "none", silent: true, data: [{ yAxis: facts.limit.value }], lineStyle: { color: token("late"), type: "dashed" }, label: { show: false } } } : {};
    const { low, high } = line;
    const bands = low && high ? [{ ...band, data: low }, { ...band, data: high.map((top, k) => top - (low[k] as number)), areaStyle: { color, opacity: 0.16 } }] : [];
    return [
      ...bands,
      { type: "line", name: line.label, data: line.median, showSymbol: false, lineStyle: { color, width: 2 }, itemStyle: { color }, ...limit },
    ];
  }

  private tip(facts: FanFacts, k: number): string {
    const lines = facts.lines.map((line) => `${line.label}: ${cell(line, k)}`);
    const limit = facts.limit ? [`${facts.limit.label}: ${grouped(facts.limit.value)}`] : [];
    return [facts.days[k], ...lines, ...limit].join("\n");
  }

  private legend(facts: FanFacts): HTMLElement {
    const entry = (label: string, name: string) => {
      const mark = h("span", { class: "swatch", "aria-hidden": "true" });
      mark.style.background = token(name);
      return h("li", {}, mark, label);
    };
    const limit = facts.limit ? [entry(`${facts.limit.label}: ${grouped(facts.limit.value)}`, "late")] : [];
    return h("ul", { class: "legend" }, ...facts.lines.map((line) => entry(line.label, colourOf(facts, line.label))), ...limit, ...(facts.lines.some((line) => line.low) ? [h("li", {}, t("interval", { level: Math.round(facts.level * 100) }))] : []));
  }

  private list(facts: FanFacts): Node {
    return table([t("day_column"), ...facts.lines.map((line) => line.label)], facts.days.map((on, k) => [on, ...facts.lines.map((line) => cell(line, k))]));
  }
}

export function start(): void {
  define("fan-chart", FanChart);
}
