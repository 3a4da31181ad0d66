/** Where cases stand: onset across, generations as lanes, cases of one day and lane side by side near who infected them. */

export interface ChainFacts {
  base: string; settings: string[];
  cases: { id: (number | string)[]; label: string[]; onset: number[]; infector: number[]; setting: number[]; generation?: number[]; state?: string[]; x?: number[]; y?: number[] };
  contacts?: { case: number[]; id: (number | string)[]; state?: string[] };
}

export interface Lane { generation: number; top: number; height: number; n: number }
export interface Layout { x: Float64Array; y: Float64Array; generation: Int32Array; lanes: Lane[]; firstDay: number; lastDay: number; height: number }

const COLUMNS_PER_DAY = 4;
const LANE_GAP = 3;
const MAX_COLORS = 7;

/** Steps from the first known case; a case whose infector is unknown, or stands in a circle, starts at 0. */
export function generationsOf(infector: number[]): Int32Array {
  const generation = new Int32Array(infector.length).fill(-1);
  for (let start = 0; start < infector.length; start++) {
    const path: number[] = [];
    const seen = new Set<number>();
    let at = start;
    while (at >= 0 && generation[at] === -1 && !seen.has(at)) {
      path.push(at);
      seen.add(at);
      at = infector[at] ?? -1;
    }
    let next = at >= 0 && generation[at] !== -1 ? (generation[at] as number) + 1 : 0;
    for (const row of path.reverse()) generation[row] = next++;
  }
  return generation;
}

/** Positions in days and slots: `x` in days after base, `y` downwards in slots over all lanes. O(n log n). */
export function layoutChain(facts: ChainFacts): Layout {
  const { cases } = facts;
  const n = cases.id.length;
  const generation = cases.generation ? Int32Array.from(cases.generation) : generationsOf(cases.infector);
  const [x, y] = [Float64Array.from(cases.x ?? new Array<number>(n).fill(0)), Float64Array.from(cases.y ?? new Array<number>(n).fill(0))];
  const [firstDay, lastDay] = cases.onset.reduce(([low, high], on) => [Math.min(low, on), Math.max(high, on)], [Infinity, -Infinity]);
  const given = Boolean(cases.x && cases.y);
  const byLane = new Map<number, number[]>();
  for (let row = 0; row < n; row++) {
    const lane = byLane.get(generation[row] as number);
    if (lane) lane.push(row); else byLane.set(generation[row] as number, [row]);
  }
  const lanes: Lane[] = [];
  let top = 0;
  for (const number of [...byLane.keys()].sort((a, b) => a - b)) {
    const rows = byLane.get(number) as number[];
    const height = given ? givenHeight(rows, y) : placeLane(rows, cases, y, x, top);
    lanes.push({ generation: number, top: given ? Math.min(...rows.map((row) => y[row] as number)) : top, height, n: rows.length });
    top += height + LANE_GAP;
  }
  return { x, y, generation, lanes, firstDay, lastDay, height: Math.max(top - LANE_GAP, 1) };
}

function givenHeight(rows: number[], y: Float64Array): number {
  const ys = rows.map((row) => y[row] as number);
  return Math.max(...ys) - Math.min(...ys) + 1;
}

function placeLane(rows: number[], cases: ChainFacts["cases"], y: Float64Array, x: Float64Array, top: number): number {
  const days = new Map<number, number[]>();
  for (const row of rows) {
    const on = cases.onset[row] as number;
    const day = days.get(on);
    if (day) day.push(row); else days.set(on, [row]);
  }
  const most = Math.max(...[...days.values()].map((day) => day.length));
  const columns = most > 6 ? COLUMNS_PER_DAY : most > 2 ? 2 : 1;
  const height = Math.max(Math.ceil(most / columns), 2);
  for (const [on, day] of days) {
    day.sort((a, b) => parentY(a, cases, y) - parentY(b, cases, y) || a - b);
    const perColumn = Math.ceil(day.length / columns);
    day.forEach((row, i) => {
      const used = Math.ceil(day.length / perColumn);
      x[row] = on + (used > 1 ? ((i % used) / COLUMNS_PER_DAY) * 0.9 : 0);
      y[row] = top + (height - perColumn) / 2 + Math.floor(i / used) + 0.5;
    });
  }
  return height;
}

const parentY = (row: number, cases: ChainFacts["cases"], y: Float64Array): number => {
  const parent = cases.infector[row] as number;
  return parent >= 0 ? (y[parent] as number) : 0;
};

const GOLDEN_ANGLE = Math.PI * (3 - Math.sqrt(5));

/** The k-th contact around its case, a spiral of unit spacing. */
export function contactOffset(k: number): [number, number] {
  const radius = Math.sqrt(k + 1.5);
  return [radius * Math.cos(k * GOLDEN_ANGLE), radius * Math.sin(k * GOLDEN_ANGLE)];
}

/** The largest settings keep a colour, the rest become "Other". */
export function foldSettings(facts: ChainFacts, other: string): ChainFacts {
  if (facts.settings.length <= MAX_COLORS + 1) return facts;
  const counts = facts.settings.map((_, i) => facts.cases.setting.filter((setting) => setting === i).length);
  const kept = counts.map((n, i) => [n, i] as const).sort((a, b) => b[0] - a[0]).slice(0, MAX_COLORS).map(([, i]) => i).sort((a, b) => a - b);
  const slot = new Map(kept.map((old, i) => [old, i]));
  return { ...facts, settings: [...kept.map((i) => facts.settings[i] as string), other], cases: { ...facts.cases, setting: facts.cases.setting.map((old) => slot.get(old) ?? MAX_COLORS) } };
}
