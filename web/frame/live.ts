/** The live indicator: one stream of server-sent events, the age of what is shown, polling when the stream is gone. */
import { define } from "../kit/part";
import { getJson } from "../kit/source";
import { t } from "../kit/text";
import { ageText, type Instant, nowSeconds, seconds } from "../kit/time";

interface Change { topics?: string[]; as_of?: Instant }

const POLL_MS = 30_000;
const LOST_AFTER_ERRORS = 2;

export class LiveBoard extends HTMLElement {
  private stream: EventSource | undefined;
  private asOf: number | undefined;
  private mode: "live" | "polling" | "lost" = "lost";
  private errors = 0;
  private timers: number[] = [];

  connectedCallback(): void {
    if (this.dataset.asOf) this.asOf = seconds(this.dataset.asOf);
    this.connect();
    this.timers = [window.setInterval(() => this.say(), 5_000), window.setInterval(() => void this.poll(), POLL_MS)];
    addEventListener("pagehide", this.close);
  }

  disconnectedCallback(): void {
    this.close();
    this.timers.forEach(clearInterval);
    removeEventListener("pagehide", this.close);
  }

  private readonly close = (): void => this.stream?.close();

  private connect(): void {
    if (!this.dataset.src) return this.say();
    this.stream = new EventSource(this.dataset.src);
    this.stream.addEventListener("open", () => { this.errors = 0; this.mode = "live"; this.say(); });
    this.stream.addEventListener("changed", (event) => this.take(JSON.parse((event as MessageEvent<string>).data) as Change));
    this.stream.addEventListener("ping", (event) => this.take(JSON.parse((event as MessageEvent<string>).data || "{}") as Change));
    this.stream.addEventListener("error", () => {
      this.errors += 1;
      if (this.errors >= LOST_AFTER_ERRORS || this.stream?.readyState === EventSource.CLOSED) this.fall();
    });
  }

  private fall(): void {
    this.mode = this.dataset.poll ? "polling" : "lost";
    if (this.stream?.readyState === EventSource.CLOSED) setTimeout(() => this.isConnected && this.connect(), POLL_MS);
    this.say();
  }

  private async poll(): Promise<void> {
    if (this.mode === "live" || !this.dataset.poll || document.hidden) return;
    try {
      const url = new URL(this.dataset.poll, location.href);
      if (this.asOf) url.searchParams.set("since", String(Math.floor(this.asOf)));
      this.take(await getJson<Change>(url.pathname + url.search));
      this.mode = "polling";
    } catch {
      this.mode = "lost";
    }
    this.say();
  }

  private take(change: Change): void {
    if (change.as_of !== undefined) this.asOf = seconds(change.as_of);
    for (const topic of change.topics ?? []) document.body.dispatchEvent(new CustomEvent(`live-${topic}`));
    this.say();
  }

  private say(): void {
    const word = t(this.mode);
    const age = this.asOf === undefined ? "" : ageText(this.asOf, nowSeconds());
    this.dataset.mode = this.mode;
    const text = this.querySelector(".live-text");
    if (text) text.textContent = age ? `${word} · ${age}` : word;
    this.title = age ? t("data_age", { age }) : word;
  }
}

export function startLive(): void {
  define("live-board", LiveBoard);
}
