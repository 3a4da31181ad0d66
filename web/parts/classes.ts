/** Classes of a choropleth: their lower ends, labels and colours. */
import { grouped, t } from "../kit/text";

export interface MapClass { from: number; until: number; label: string; color: number }

const N_COLORS = 7;

/** Lower ends from quantiles of the positive values, rounded to two digits, when the caller gives none. */
export function quantileBreaks(values: number[], n = 5): number[] {
  const sorted = values.filter((v) => v > 0).sort((a, b) => a - b);
  if (!sorted.length) return [1];
  const ends = Array.from({ length: n }, (_, i) => roundTwo(sorted[Math.floor((i * sorted.length) / n)] as number));
  return [...new Set(ends)];
}

function roundTwo(value: number): number {
  const unit = 10 ** Math.max(Math.floor(Math.log10(value)) - 1, Math.min(Math.floor(Math.log10(value)), 0));
  return Math.floor(value / unit) * unit;
}

/** From "below the first break" up; the top class is open. Labels print whole numbers as inclusive ranges. */
export function mapClasses(breaks: number[]): MapClass[] {
  const whole = breaks.every(Number.isInteger);
  const first = breaks[0] as number;
  const classes = breaks.map((from, i) => {
    const until = breaks[i + 1] ?? Infinity;
    const last = whole ? until - 1 : until;
    const label = until === Infinity ? t("from_n", { n: grouped(from) }) : last === from ? grouped(from) : `${grouped(from)}–${grouped(last)}`;
    return { from, until, label, color: 0 };
  });
  const below = { from: -Infinity, until: first, label: first === 1 && whole ? t("zero") : `< ${grouped(first)}`, color: 0 };
  const all = first <= 0 ? classes : [below, ...classes];
  return all.map((one, i) => ({ ...one, color: all.length === 1 ? N_COLORS - 1 : Math.round((i * (N_COLORS - 1)) / (all.length - 1)) }));
}
