/** Evidence of one exposure: two bars on one time axis and the part they share. */
import { h, svg, table } from "../kit/dom";
import { define, Part } from "../kit/part";
import { t } from "../kit/text";
import { clockTime, HOUR, type Instant, instantText, localDay, MINUTE, seconds } from "../kit/time";

interface Bar { label: string; from: Instant; until: Instant }
interface OverlapFacts {
  place: string; case: Bar; contact: Bar; shared: { from: Instant; until: Instant; minutes: number } | null;
  lingering?: { until: Instant; minutes: number } | null; evidence?: string[]; reason?: string;
}

const STEPS = [5 * MINUTE, 10 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, 24 * HOUR];

/** Round instants between the ends, at most `most` of them. */
export function niceTicks(from: number, until: number, most: number): number[] {
  const step = STEPS.find((one) => (until - from) / one <= most) ?? 48 * HOUR;
  const ticks: number[] = [];
  for (let at = Math.ceil(from / step) * step; at <= until; at += step) ticks.push(at);
  return ticks;
}

class OverlapBars extends Part<OverlapFacts> {
  private watcher: ResizeObserver | undefined;

  protected isEmpty(facts: OverlapFacts): boolean {
    return !facts.case || !facts.contact;
  }

  protected override release(): void {
    this.watcher?.disconnect();
  }

  protected draw(facts: OverlapFacts): void {
    this.release();
    const box = h("div", { class: "overlap-box" });
    const said = facts.shared ? t("shared", { minutes: facts.shared.minutes }) : t("not_together");
    const words = [facts.lingering ? t("lingering", { minutes: facts.lingering.minutes }) : "", facts.evidence?.length ? `${t("evidence")}: ${facts.evidence.join(", ")}` : "", facts.reason ?? ""].filter(Boolean);
    this.withTable(h("div", {}, h("p", { class: "overlap-head" }, h("b", {}, facts.place), " · ", localDay(seconds(facts.case.from)), " · ", h("b", {}, said)), box, ...words.map((word) => h("p", { class: "part-note" }, word))), () => this.list(facts));
    this.watcher = new ResizeObserver(() => this.drawBars(facts, box, said));
    this.watcher.observe(box);
  }

  private drawBars(facts: OverlapFacts, box: HTMLElement, said: string): void {
    const width = box.clientWidth;
    if (!width) return;
    const bars = [facts.case, facts.contact];
    const ends = [...bars.flatMap((bar) => [seconds(bar.from), seconds(bar.until)]), ...(facts.lingering ? [seconds(facts.lingering.until)] : [])];
    const pad = (Math.max(...ends) - Math.min(...ends)) * 0.04 || HOUR;
    const [from, until] = [Math.min(...ends) - pad, Math.max(...ends) + pad];
    const left = Math.min(120, width * 0.28);
    const x = (at: number) => left + ((at - from) / (until - from)) * (width - left - 8);
    const picture = svg("svg", { class: "lane-svg", width, height: 108, role: "img", "aria-label": `${facts.place}: ${said}` });
    const shared = facts.shared ? { from: seconds(facts.shared.from), until: seconds(facts.shared.until) } : null;
    if (shared) picture.append(svg("rect", { class: "overlap-shade", x: x(shared.from), y: 2, width: Math.max(x(shared.until) - x(shared.from), 2), height: 84 }));
    for (const at of niceTicks(from, until, Math.max(Math.floor((width - left) / 64), 2))) picture.append(svg("line", { class: "lane-line", x1: x(at), x2: x(at), y1: 4, y2: 86 }), svg("text", { class: "faint", x: x(at), y: 102, "text-anchor": "middle" }, clockTime(at)));
    bars.forEach((bar, i) => {
      const y = 8 + i * 42;
      picture.append(svg("text", { x: 0, y: y + 20 }, bar.label), svg("rect", { class: i ? "overlap-contact" : "overlap-case", x: x(seconds(bar.from)), y: y + 6, width: Math.max(x(seconds(bar.until)) - x(seconds(bar.from)), 2), height: 20, rx: 3 }));
      if (shared) picture.append(svg("rect", { class: "overlap-shared", x: x(shared.from), y: y + 22, width: Math.max(x(shared.until) - x(shared.from), 2), height: 4 }));
    });
    if (facts.lingering) picture.append(svg("rect", { class: "overlap-linger", x: x(seconds(facts.case.until)), y: 14, width: Math.max(x(seconds(facts.lingering.until)) - x(seconds(facts.case.until)), 2), height: 20, rx: 3 }));
    box.replaceChildren(picture);
  }

  private list(facts: OverlapFacts): Node {
    const row = (bar: Bar) => [bar.label, instantText(seconds(bar.from)), instantText(seconds(bar.until))];
    return table([facts.place, t("from"), t("until")], [row(facts.case), row(facts.contact), ...(facts.shared ? [row({ label: t("shared", { minutes: facts.shared.minutes }), ...facts.shared })] : [])]);
  }
}

export function start(): void {
  define("overlap-bars", OverlapBars);
}
