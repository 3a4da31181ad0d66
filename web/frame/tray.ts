/** Long jobs: progress, cancel, retry; they go on when the page is left and come back here. */
import { define } from "../kit/part";
import { h, link } from "../kit/dom";
import { getJson, post } from "../kit/source";
import { grouped, t } from "../kit/text";
import { showError, showToast } from "./toasts";

interface Job {
  id: string | number; label: string; state: "queued" | "running" | "done" | "failed" | "cancelled"; done?: number; total?: number;
  url?: string; cancel_url?: string; retry_url?: string; message?: string; result_url?: string;
}

const isRunning = (job: Job): boolean => job.state === "queued" || job.state === "running";

class JobTray extends HTMLElement {
  private timer = 0;
  private running = new Set<string>();

  connectedCallback(): void {
    void this.read();
    document.body.addEventListener("live-jobs", this.read);
    document.addEventListener("job-started", this.read);
    this.querySelector("details")?.addEventListener("toggle", this.read);
  }

  disconnectedCallback(): void {
    clearTimeout(this.timer);
    document.body.removeEventListener("live-jobs", this.read);
    document.removeEventListener("job-started", this.read);
  }

  private readonly read = async (): Promise<void> => {
    clearTimeout(this.timer);
    let jobs: Job[];
    try {
      jobs = (await getJson<{ jobs: Job[] }>(this.dataset.src ?? "")).jobs;
    } catch (error) {
      this.body.replaceChildren(h("p", { class: "text-2" }, (error as Error).message));
      return;
    }
    this.announce(jobs);
    this.body.replaceChildren(...(jobs.length ? jobs.map((job) => this.line(job)) : [h("p", { class: "text-2" }, t("jobs_none"))]));
    const count = this.querySelector<HTMLElement>("[data-count]");
    const n = jobs.filter(isRunning).length;
    if (count) { count.hidden = !n; count.textContent = String(n); }
    this.toggleAttribute("data-running", n > 0);
    if (n) this.timer = window.setTimeout(() => void this.read(), document.hidden ? 10_000 : 2_000);
  };

  private get body(): HTMLElement {
    return this.querySelector("[data-jobs]") as HTMLElement;
  }

  /** A job that ended since the last look says so, wherever the person is. */
  private announce(jobs: Job[]): void {
    for (const job of jobs) if (this.running.has(String(job.id)) && !isRunning(job)) {
      showToast({ text: `${job.label}: ${t(`job_${job.state}`)}`, kind: job.state === "failed" ? "error" : "done" });
      document.body.dispatchEvent(new CustomEvent("job-ended", { detail: job }));
    }
    this.running = new Set(jobs.filter(isRunning).map((job) => String(job.id)));
  }

  private line(job: Job): HTMLElement {
    const send = (url: string) => () => void post(url).then(this.read).catch(showError);
    return h("div", { class: "job" },
      h("p", { class: "job-label" }, link(job.label, job.url), h("span", { class: `state state-${job.state === "failed" ? "danger" : job.state === "done" ? "done" : isRunning(job) ? "active" : "void"}` }, h("span", { class: "state-mark", "aria-hidden": "true" }), t(`job_${job.state}`))),
      isRunning(job) ? h("progress", job.total ? { max: job.total, value: job.done ?? 0, "aria-label": job.label } : { "aria-label": job.label }) : null,
      h("p", { class: "text-2 tabular" }, job.total ? `${grouped(job.done ?? 0)} / ${grouped(job.total)}` : "", job.message ? ` ${job.message}` : ""),
      h("p", { class: "job-buttons" },
        job.cancel_url && isRunning(job) ? h("button", { type: "button", class: "btn btn-sm", onclick: send(job.cancel_url) }, t("cancel")) : null,
        job.retry_url && !isRunning(job) ? h("button", { type: "button", class: "btn btn-sm", onclick: send(job.retry_url) }, t("retry")) : null,
        job.result_url ? h("a", { class: "btn btn-sm btn-primary", href: job.result_url }, t("open_result")) : null));
  }
}

export function startTray(): void {
  define("job-tray", JobTray);
}
