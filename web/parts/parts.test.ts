import { beforeAll, expect, test, vi } from "vitest";
import type { FanFacts } from "./fan_chart";

vi.stubGlobal("document", { getElementById: () => null, addEventListener: () => undefined, documentElement: { dataset: { zone: "Asia/Shanghai" }, lang: "en" } });
vi.stubGlobal("HTMLElement", class {});

const noon = Date.UTC(2020, 0, 20, 4) / 1000; // 12:00 in Shanghai
const HOUR = 3600;
let stays: typeof import("./stays");
let layout: typeof import("./chain_layout");
let classes: typeof import("./classes");
let curve: typeof import("./epi_curve");
let fans: typeof import("./fan_chart");
let outlines: typeof import("./outlines");
let bubbles: typeof import("./area_bubbles");
let clock: typeof import("./clock_ring");
let time: typeof import("../kit/time");

beforeAll(async () => {
  vi.doMock("./echarts", () => ({}));
  [stays, layout, classes, curve, fans, outlines, bubbles, clock, time] = await Promise.all([
    import("./stays"), import("./chain_layout"), import("./classes"), import("./epi_curve"), import("./fan_chart"), import("./outlines"), import("./area_bubbles"), import("./clock_ring"), import("../kit/time"),
  ]);
});

test("a gap is what no stay covers, overlaps counted once", () => {
  const spans = [{ from: 0, until: 100 }, { from: 50, until: 200 }, { from: 500, until: 600 }];
  expect(stays.gapsIn({ from: 0, until: 1000 }, spans, 60)).toEqual([{ from: 200, until: 500 }, { from: 600, until: 1000 }]);
});

test("a gap not longer than the least is not shown", () => {
  expect(stays.gapsIn({ from: 0, until: 300 }, [{ from: 60, until: 300 }], 60)).toEqual([]);
});

test("days start at local midnight", () => {
  const days = stays.daysOf({ from: noon, until: noon + 24 * HOUR });
  expect(days.map((day) => day.from)).toEqual([noon - 12 * HOUR, noon + 12 * HOUR]);
});

test("a day with the clock put forward has 23 hours", () => {
  document.documentElement.dataset.zone = "Europe/Berlin";
  const before = Date.UTC(2020, 2, 29, 10) / 1000;
  expect((time.nextMidnight(before) - time.startOfDay(time.startOfDay(before) + HOUR)) / HOUR).toBe(23);
  document.documentElement.dataset.zone = "Asia/Shanghai";
});

test("a stay without an end lasts until now", () => {
  const [item] = stays.itemsOf({ stays: [{ id: "a", place: "Home", from: noon, until: null }] }, noon + HOUR);
  expect([item?.until, item?.is_open]).toEqual([noon + HOUR, true]);
});

test("half way through a trip the person is half way along it", () => {
  const items = stays.itemsOf({ stays: [], trips: [{ id: "t", label: "G1", from: 0, until: 100, path: [[0, 0], [10, 20]] }] }, 0);
  expect(stays.positionAt(items, 50)).toEqual([5, 10]);
  expect(stays.positionAt(items, 100)).toBeUndefined();
});

test("generations count from the first known case, and a circle ends", () => {
  expect([...layout.generationsOf([-1, 0, 1, 0, -1, 4])]).toEqual([0, 1, 2, 1, 0, 1]);
  expect([...layout.generationsOf([1, 0])].sort()).toEqual([0, 1]);
});

test("no two cases stand on the same spot and each stands in its lane", () => {
  const n = 3000;
  const infector = Array.from({ length: n }, (_, i) => (i ? Math.floor(i / 3) : -1));
  const onset = Array.from({ length: n }, (_, i) => Math.floor(Math.log2(i + 1)) * 4);
  const facts = { base: "2020-01-01", settings: ["a"], cases: { id: infector, label: infector.map(String), onset, infector, setting: infector.map(() => 0) } };
  const placed = layout.layoutChain(facts);
  expect(new Set([...placed.x].map((x, i) => `${x.toFixed(4)}|${placed.y[i]?.toFixed(4)}`)).size).toBe(n);
  const lanes = new Map(placed.lanes.map((lane) => [lane.generation, lane]));
  expect([...placed.y].every((y, i) => { const lane = lanes.get(placed.generation[i] as number); return lane !== undefined && y >= lane.top && y <= lane.top + lane.height; })).toBe(true);
});

test("positions that the server gives are kept", () => {
  const placed = layout.layoutChain({ base: "2020-01-01", settings: ["a"], cases: { id: [1, 2], label: ["1", "2"], onset: [0, 5], infector: [-1, 0], setting: [0, 0], x: [0.5, 5.5], y: [1, 7] } });
  expect([[...placed.x], [...placed.y]]).toEqual([[0.5, 5.5], [1, 7]]);
});

test("classes print inclusive whole ranges and the top one is open", () => {
  expect(classes.mapClasses([1, 5, 20]).map((one) => [one.from, one.until])).toEqual([[-Infinity, 1], [1, 5], [5, 20], [20, Infinity]]);
  expect(classes.mapClasses([1, 5, 20])[1]?.label).toBe("1–4");
});

test("breaks from values grow and start at a value that occurs", () => {
  const breaks = classes.quantileBreaks([0, 3, 7, 12, 44, 170, 999]);
  expect(breaks[0]).toBe(3);
  expect([...breaks].sort((a, b) => a - b)).toEqual(breaks);
});

test("a day that was not reported is a gap, not a zero", () => {
  const facts = { days: ["2020-01-01", "2020-01-03"], new: [1, 2] };
  const days = curve.commonDays(facts);
  expect(curve.onDays(days, facts.days, facts.new)).toEqual([1, null, 2]);
});

test("codes lose their padding and keep their digits", () => {
  expect(["440000", "440300", "440305", "441900003"].map(outlines.bareCode)).toEqual(["44", "4403", "440305", "441900003"]);
});

test("only the outlines of the wanted areas are drawn", () => {
  const feature = (adcode: string) => ({ type: "Feature" as const, properties: { adcode, name: adcode }, geometry: { type: "Polygon", coordinates: [] } });
  const picked = outlines.pickFeatures({ type: "FeatureCollection", features: [feature("440300"), feature("440100")] }, new Set(["4403"]));
  expect(picked.features.map((one) => one.properties.name)).toEqual(["4403"]);
});

test("the area of a circle grows with its value, and none is too small to hit", () => {
  expect([0, null, 100].map((value) => bubbles.bubbleSize(value, 100))).toEqual([12, 12, 46]);
  expect(bubbles.bubbleSize(25, 100)).toBe(29);
});

test("a clock is amber in its last quarter and red from the due instant on", () => {
  const states = [0, 74, 76, 100].map((now) => clock.clockState({ due: 100, started: 0 }, now).state);
  expect(states).toEqual(["active", "active", "soon", "late"]);
});

test("a clock done after it was due stays red", () => {
  expect(clock.clockState({ due: 100, started: 0, done: 120 }, 500).state).toBe("late");
  expect(clock.clockState({ due: 100, started: 0, done: 80 }, 500).state).toBe("done");
});

test("more than eight settings fold the smallest into one, and no case changes its setting otherwise", () => {
  const setting = Array.from({ length: 100 }, (_, i) => Math.min(Math.floor(Math.sqrt(i)), 9));
  const facts = { base: "2020-01-01", settings: [..."abcdefghij"], cases: { id: setting, label: setting.map(String), onset: setting, infector: setting.map(() => -1), setting } };
  const folded = layout.foldSettings(facts, "Other");
  expect(folded.settings).toEqual(["d", "e", "f", "g", "h", "i", "j", "Other"]);
  expect(folded.cases.setting.map((i, row) => (folded.settings[i] === "Other" ? (setting[row] as number) < 3 : folded.settings[i] === facts.settings[setting[row] as number])).every(Boolean)).toBe(true);
});

const futures: FanFacts = { label: "Beds", days: ["2022-07-01"], places: ["A", "B"], level: 0.9, lines: [{ label: "B", low: [1], median: [2], high: [10] }] };

test("a scenario keeps its colour when others are not drawn", () => {
  expect(fans.colourOf(futures, "B")).toBe("set-1");
});

test("a limit near the fans is shown and a far one is not", () => {
  expect(fans.axisTop({ ...futures, limit: { label: "there", value: 20 } })).toBeCloseTo(21);
  expect(fans.axisTop({ ...futures, limit: { label: "there", value: 5 } })).toBeUndefined();
  expect(fans.axisTop({ ...futures, limit: { label: "there", value: 500 } })).toBeUndefined();
});
