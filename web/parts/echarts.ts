/** The parts of ECharts in use, dressed in our tokens. Tooltips are drawn on the canvas: HTML ones need inline styles. */
import { BarChart, LineChart, LinesChart, MapChart, ScatterChart } from "echarts/charts";
import { AriaComponent, GeoComponent, GridComponent, MarkAreaComponent, MarkLineComponent, TooltipComponent, VisualMapComponent } from "echarts/components";
import * as echarts from "echarts/core";
import { LabelLayout } from "echarts/features";
import { CanvasRenderer } from "echarts/renderers";
import { token } from "../kit/dom";

echarts.use([BarChart, LineChart, LinesChart, MapChart, ScatterChart, AriaComponent, GeoComponent, GridComponent, MarkAreaComponent, MarkLineComponent, TooltipComponent, VisualMapComponent, LabelLayout, CanvasRenderer]);

export type Chart = echarts.ECharts;
export type Option = Record<string, unknown>;

/** A chart that follows the width of its box until it is disposed. */
export function makeChart(box: HTMLElement): Chart {
  const chart = echarts.init(box, null, { renderer: "canvas" });
  const watcher = new ResizeObserver(() => { if (chart.isDisposed()) watcher.disconnect(); else if (box.clientWidth) chart.resize(); });
  watcher.observe(box);
  return chart;
}

export const registerMap = (name: string, outlines: object): void => echarts.registerMap(name, outlines as Parameters<typeof echarts.registerMap>[1]);

export function tooltipStyle(): Option {
  return {
    renderMode: "richText", confine: true, backgroundColor: token("surface"), borderColor: token("line"), borderWidth: 1,
    textStyle: { color: token("text"), fontSize: 12, fontFamily: token("font"), lineHeight: 18 },
  };
}

export function axisStyle(): Option {
  return {
    axisLine: { lineStyle: { color: token("line-strong") } }, axisTick: { lineStyle: { color: token("line") } },
    axisLabel: { color: token("text-2"), fontFamily: token("font"), fontSize: 12 }, nameTextStyle: { color: token("text-2"), fontFamily: token("font"), align: "left" },
    splitLine: { lineStyle: { color: token("line") } },
  };
}
