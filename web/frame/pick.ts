/** A dialog with a search box and a list that the arrow keys walk; the area picker and the palette are both this. */
import { getJson } from "../kit/source";
import { h, link } from "../kit/dom";
import { t } from "../kit/text";

export interface PickItem { label: string; hint?: string; url: string; method?: string }
export interface PickGroup { label: string; items: PickItem[] }

let nextId = 0;

export abstract class PickDialog extends HTMLElement {
  protected dialog!: HTMLDialogElement;
  private input!: HTMLInputElement;
  private results!: HTMLElement;
  private current = 0;
  private asked: AbortController | undefined;
  private timer = 0;
  private readonly listId = `pick-${nextId++}`;

  connectedCallback(): void {
    this.dialog = this.querySelector("dialog") as HTMLDialogElement;
    this.input = this.querySelector("input[type=search]") as HTMLInputElement;
    this.results = this.querySelector(".pick-results") as HTMLElement;
    this.results.id = this.listId;
    this.results.setAttribute("role", "listbox");
    this.results.setAttribute("aria-label", this.dialog.getAttribute("aria-label") ?? "");
    for (const [name, value] of [["role", "combobox"], ["aria-controls", this.listId], ["aria-expanded", "true"], ["aria-autocomplete", "list"]] as const) this.input.setAttribute(name, value);
    this.input.addEventListener("input", () => { clearTimeout(this.timer); this.timer = window.setTimeout(() => void this.ask(), 120); });
    this.input.addEventListener("keydown", (event) => this.steer(event));
    this.dialog.addEventListener("click", (event) => event.target === this.dialog && this.dialog.close());
  }

  show(): void {
    if (this.dialog.open) return;
    this.input.value = "";
    this.dialog.showModal();
    this.input.focus();
    void this.ask();
  }

  protected abstract groups(answer: unknown, q: string): PickGroup[];

  protected choose(item: HTMLElement): void {
    item.querySelector<HTMLElement>("a, button")?.click();
  }

  private async ask(): Promise<void> {
    this.asked?.abort();
    this.asked = new AbortController();
    const q = this.input.value.trim();
    const url = new URL(this.dataset.src ?? "", location.href);
    url.searchParams.set("q", q);
    try {
      this.render(this.groups(await getJson(url.pathname + url.search, this.asked.signal), q), q);
    } catch (error) {
      if ((error as Error).name !== "AbortError") this.results.replaceChildren(h("p", { class: "pick-none", role: "alert" }, (error as Error).message));
    }
  }

  private render(groups: PickGroup[], q: string): void {
    const filled = groups.filter((group) => group.items.length);
    this.results.replaceChildren(...filled.map((group, g) => h("div", { role: "group", "aria-labelledby": `${this.listId}-g${g}` },
      h("p", { class: "pick-group", id: `${this.listId}-g${g}`, hidden: !group.label }, group.label),
      ...group.items.map((item, i) => this.option(item, `${this.listId}-${g}-${i}`)))));
    if (!filled.length) this.results.replaceChildren(h("p", { class: "pick-none" }, q ? t("no_match", { q }) : t("empty")));
    this.current = 0;
    this.mark();
  }

  private option(item: PickItem, id: string): HTMLElement {
    const action = item.method === "post" ? h("button", { type: "button", "data-post": item.url, tabindex: -1 }, item.label) : link(item.label, item.url);
    if (action instanceof HTMLAnchorElement) action.tabIndex = -1;
    return h("div", { class: "pick-item", role: "option", id, "aria-selected": "false", onclick: (event) => { if (event.target === event.currentTarget) this.choose(event.currentTarget as HTMLElement); } },
      action, item.hint ? h("span", { class: "text-2" }, item.hint) : null);
  }

  private options(): HTMLElement[] {
    return [...this.results.querySelectorAll<HTMLElement>(".pick-item")];
  }

  private mark(): void {
    this.options().forEach((option, i) => {
      option.setAttribute("aria-selected", String(i === this.current));
      if (i === this.current) {
        this.input.setAttribute("aria-activedescendant", option.id);
        option.scrollIntoView({ block: "nearest" });
      }
    });
  }

  private steer(event: KeyboardEvent): void {
    const n = this.options().length;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      this.current = n ? (this.current + (event.key === "ArrowDown" ? 1 : n - 1)) % n : 0;
      this.mark();
    } else if (event.key === "Enter" && !event.isComposing) {
      event.preventDefault();
      const item = this.options()[this.current];
      if (item) this.choose(item);
    }
  }
}
