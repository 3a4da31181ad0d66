/** What every component shares: read when first seen, then loading, empty, error or drawn; read again on live topics and theme changes. */
import { h } from "./dom";
import { readSource, SourceError } from "./source";
import { t } from "./text";

export abstract class Part<T> extends HTMLElement {
  protected facts: T | undefined;
  private seen: IntersectionObserver | undefined;
  private stop = new AbortController();

  connectedCallback(): void {
    this.stop = new AbortController();
    this.classList.add("part");
    if (!this.childElementCount) this.showLoading();
    this.seen = new IntersectionObserver((entries) => {
      if (entries.some((entry) => entry.isIntersecting)) {
        this.seen?.disconnect();
        void this.read();
      }
    }, { rootMargin: "200px" });
    this.seen.observe(this);
    for (const topic of [...(this.dataset.refresh?.split(" ") ?? []), "all"]) this.listen(document.body, `live-${topic}`, () => void this.read());
    this.listen(document, "theme-changed", () => this.facts && this.redraw());
  }

  disconnectedCallback(): void {
    this.seen?.disconnect();
    this.stop.abort();
    this.release();
  }

  protected listen(target: EventTarget, name: string, action: (event: Event) => void): void {
    target.addEventListener(name, action, { signal: this.stop.signal });
  }

  async read(): Promise<void> {
    this.setAttribute("aria-busy", "true");
    try {
      const facts = await readSource<T>(this);
      if (!this.isConnected) return;
      if (this.isEmpty(facts)) this.showEmpty();
      else {
        this.facts = facts;
        await this.draw(facts);
      }
      this.dispatchEvent(new CustomEvent("part-drawn", { bubbles: true }));
    } catch (error) {
      this.showError(error);
    } finally {
      this.removeAttribute("aria-busy");
    }
  }

  private redraw(): void {
    void Promise.resolve(this.draw(this.facts as T)).catch((error) => this.showError(error));
  }

  protected abstract isEmpty(facts: T): boolean;
  protected abstract draw(facts: T): void | Promise<void>;
  protected release(): void {}

  private showLoading(): void {
    const box = h("div", { class: "part-wait" }, h("span", {}, t("loading")));
    if (this.dataset.height) box.style.minHeight = `${this.dataset.height}px`;
    this.replaceChildren(box);
  }

  private showEmpty(): void {
    this.release();
    this.replaceChildren(h("div", { class: "empty-state" }, h("p", { class: "empty-title" }, this.dataset.empty ?? t("empty"))));
  }

  private showError(error: unknown): void {
    this.release();
    const known = error instanceof SourceError;
    if (!known) console.error(error);
    this.replaceChildren(h("div", { class: "error-state", role: "alert" },
      h("p", { class: "error-title" }, known ? error.message : t("failed")),
      known && error.hint ? h("p", { class: "text-2" }, error.hint) : null,
      h("button", { type: "button", class: "btn btn-sm", onclick: () => void this.read() }, t("retry"))));
  }

  /** A drawing with a switch to the table of the same facts. */
  protected withTable(drawing: HTMLElement, makeTable: () => Node, ...tools: (Node | null)[]): void {
    const place = h("div", { class: "part-table", hidden: true });
    const button = h("button", {
      type: "button", class: "btn btn-sm btn-ghost-secondary", "aria-pressed": "false",
      onclick: () => {
        const shown = place.hidden;
        if (shown) place.replaceChildren(makeTable());
        place.hidden = !shown;
        drawing.hidden = shown;
        button.textContent = t(shown ? "drawing" : "table");
        button.setAttribute("aria-pressed", String(shown));
      },
    }, t("table"));
    this.replaceChildren(h("div", { class: "part-tools" }, ...tools, button), drawing, place);
  }
}

export function define(name: string, part: CustomElementConstructor): void {
  if (!customElements.get(name)) customElements.define(name, part);
}
