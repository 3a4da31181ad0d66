/** Areas without outlines of their own: a circle at each centre, over the outlines around them, sized and coloured by the value. */
import { token } from "../kit/dom";
import { grouped } from "../kit/text";
import type { Option } from "./echarts";
import { bounds, type Position } from "./outlines";

export interface Bubble { code: string; name: string; at: Position; value: number | null; url?: string | undefined }

const LEAST = 12;
const MOST = 46; // pixels across, of the largest value

/** Pixels across: the area of a circle grows with the value. */
export function bubbleSize(value: number | null, largest: number): number {
  return value && largest ? LEAST + (MOST - LEAST) * Math.sqrt(value / largest) : LEAST;
}

/** West, south, east and north of what is shown. */
export function bubbleBounds(bubbles: Bubble[]): [number, number, number, number] {
  return bounds(bubbles.map((one) => one.at), 0.2, 0.01);
}

export function bubbleGeo(bubbles: Bubble[]): Option {
  const [west, south, east, north] = bubbleBounds(bubbles);
  return {
    boundingCoords: [[west, north], [east, south]], silent: true, label: { show: false },
    itemStyle: { areaColor: token("surface-2"), borderColor: token("line-strong"), borderWidth: 1 },
  };
}

export function bubbleSeries(bubbles: Bubble[], text: (code: string) => string): Option {
  const largest = Math.max(0, ...bubbles.map((one) => one.value ?? 0));
  return {
    type: "scatter", coordinateSystem: "geo", z: 1, labelLayout: { hideOverlap: true },
    data: bubbles.map((one) => ({
      name: one.code, url: one.url, value: [...one.at, one.value ?? Number.NaN], symbolSize: bubbleSize(one.value, largest),
      itemStyle: { borderColor: token("text-2"), borderWidth: 1, opacity: 0.9 },
      label: { show: Boolean(one.value) || !largest, position: "bottom", formatter: `${one.name} ${grouped(one.value)}`, fontSize: 12, fontFamily: token("font"), color: token("text"), textBorderColor: token("surface"), textBorderWidth: 3 },
    })),
    tooltip: { formatter: (item: { name: string }) => text(item.name) },
  };
}
