/** A list whose rows can be swiped: right is done, left is refused. The same two are buttons, for hands and readers. */
import { define } from "../kit/part";
import { h } from "../kit/dom";
import { t } from "../kit/text";

const FAR = 96;

class SwipeList extends HTMLElement {
  connectedCallback(): void {
    for (const row of this.querySelectorAll<HTMLElement>("li[data-done-url], li[data-refuse-url]")) this.dress(row);
    this.addEventListener("htmx:after:swap", () => this.querySelectorAll<HTMLElement>("li").forEach((row) => this.dress(row)));
  }

  private dress(row: HTMLElement): void {
    if (row.querySelector(".swipe-buttons") || (!row.dataset.doneUrl && !row.dataset.refuseUrl)) return;
    row.append(h("div", { class: "swipe-buttons" },
      row.dataset.doneUrl ? h("button", { type: "button", class: "btn btn-primary", onclick: () => this.act(row, "done") }, t("swipe_done")) : null,
      row.dataset.refuseUrl ? h("button", { type: "button", class: "btn", onclick: () => this.act(row, "refuse") }, t("swipe_refuse")) : null));
    this.follow(row);
  }

  private follow(row: HTMLElement): void {
    let start: { x: number; y: number } | undefined;
    let dx = 0;
    row.addEventListener("pointerdown", (event) => { if (event.pointerType !== "mouse" && !(event.target as Element).closest("button, a, input, textarea")) start = { x: event.clientX, y: event.clientY }; });
    row.addEventListener("pointermove", (event) => {
      if (!start) return;
      dx = event.clientX - start.x;
      if (Math.abs(event.clientY - start.y) > Math.abs(dx) + 8) { start = undefined; dx = 0; }
      row.style.transform = dx ? `translateX(${dx}px)` : "";
      row.dataset.swipe = dx > FAR ? "done" : dx < -FAR ? "refuse" : "";
    });
    const end = () => {
      if (start && dx > FAR && row.dataset.doneUrl) this.act(row, "done");
      else if (start && dx < -FAR && row.dataset.refuseUrl) this.act(row, "refuse");
      start = undefined; dx = 0; row.style.transform = ""; row.dataset.swipe = "";
    };
    row.addEventListener("pointerup", end);
    row.addEventListener("pointercancel", () => { start = undefined; end(); });
  }

  /** Both ways open their form: evidence or a reason is asked there, and a queued form needs no network. */
  private act(row: HTMLElement, what: "done" | "refuse"): void {
    const url = what === "done" ? row.dataset.doneUrl : row.dataset.refuseUrl;
    const form = row.querySelector<HTMLFormElement>(`form[data-swipe="${what}"]`);
    if (form) form.requestSubmit();
    else if (url) location.href = url;
  }
}

export function startSwipe(): void {
  define("swipe-list", SwipeList);
}
