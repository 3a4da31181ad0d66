/** Keeps a server-drawn clock current: amber in the last quarter (or the last data-soon seconds), red when late. */
import { define } from "../kit/part";
import { t } from "../kit/text";
import { leftText, nowSeconds, seconds } from "../kit/time";

export type ClockState = "active" | "soon" | "late" | "done";

export interface Clock { due: number; started: number; done?: number | undefined; soon?: number | undefined }

export function clockState(clock: Clock, now: number): { state: ClockState; left: number } {
  const at = clock.done ?? now;
  const span = Math.max(clock.due - clock.started, 1);
  const left = clock.due - at;
  if (clock.done !== undefined) return { state: left < 0 ? "late" : "done", left: 1 };
  return { state: left <= 0 ? "late" : left <= (clock.soon ?? span / 4) ? "soon" : "active", left: Math.min(Math.max(left / span, 0), 1) };
}

const rings = new Set<ClockRing>();
let timer = 0;

class ClockRing extends HTMLElement {
  private clock: Clock | undefined;

  connectedCallback(): void {
    const { due, started, done, soon } = this.dataset;
    if (!due || !started) return;
    this.clock = { due: seconds(due), started: seconds(started), done: done ? seconds(done) : undefined, soon: soon ? Number(soon) : undefined };
    rings.add(this);
    timer ||= window.setInterval(() => rings.forEach((ring) => ring.tick()), 10_000);
    this.tick();
  }

  disconnectedCallback(): void {
    rings.delete(this);
  }

  tick(): void {
    if (!this.clock) return;
    const now = nowSeconds();
    const { state, left } = clockState(this.clock, now);
    this.className = `clock-ring state-${state}`;
    this.querySelector(".ring-left")?.setAttribute("stroke-dasharray", `${(state === "done" ? 1 : left) * 100} 100`);
    const text = this.querySelector(".ring-text");
    if (text) text.textContent = this.clock.done === undefined ? leftText(this.clock.due - now) : t("done");
  }
}

export function startClockRings(): void {
  define("clock-ring", ClockRing);
}
