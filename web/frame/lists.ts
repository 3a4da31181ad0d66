/** Lists that the keyboard drives: move, open beside, pick, act on many, choose columns, export what is seen. */
import { define } from "../kit/part";
import { h } from "../kit/dom";
import { post } from "../kit/source";
import { t } from "../kit/text";
import { htmx } from "./htmx";
import { showError } from "./toasts";

export function openPane(url: string, selector = "#details"): void {
  const pane = document.querySelector<HTMLElement>(selector);
  if (!pane) { location.href = url; return; }
  void htmx.ajax("GET", url, { target: pane, swap: "innerHTML" }).then(() => pane.focus({ preventScroll: true }));
}

class RecordList extends HTMLElement {
  private current = -1;
  private lastPicked = -1;
  private readonly picked = new Set<string>();

  connectedCallback(): void {
    this.dressRows();
    this.addColumns();
    this.addEventListener("click", (event) => this.onClick(event));
    this.addEventListener("htmx:after:swap", () => this.dressRows());
    document.addEventListener("keydown", this.onKey);
  }

  disconnectedCallback(): void {
    document.removeEventListener("keydown", this.onKey);
  }

  private get rows(): HTMLTableRowElement[] {
    return [...this.querySelectorAll<HTMLTableRowElement>("tbody tr[data-id]")];
  }

  private get pane(): HTMLElement | null {
    return document.querySelector(this.dataset.pane ?? "#details");
  }

  private dressRows(): void {
    const head = this.querySelector("thead th[data-pick]");
    if (head && !head.querySelector("input")) head.replaceChildren(h("input", { type: "checkbox", class: "form-check-input", "aria-label": t("pick_all"), "data-pick-all": true }));
    for (const row of this.rows) {
      const cell = row.querySelector("td[data-pick]");
      if (cell && !cell.childElementCount) cell.append(h("input", { type: "checkbox", class: "form-check-input", "aria-label": t("pick"), name: "id", value: row.dataset.id ?? "" }));
    }
    this.hideColumns();
  }

  private readonly onKey = (event: KeyboardEvent): void => {
    const target = event.target as HTMLElement;
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (event.key === "Escape" && this.pane?.childElementCount && !target.closest("details.menu[open]")) return this.closePane();
    if (target.closest("input:not([type=checkbox]), textarea, select, [contenteditable]")) return;
    if (target.closest("a, button, summary") && event.key === "Enter") return;
    const actions: Record<string, () => void> = {
      j: () => this.move(1), k: () => this.move(-1), x: () => this.pick(this.current), X: () => this.pickTo(this.current),
      Enter: () => this.open(this.rows[this.current]), "/": () => document.querySelector<HTMLElement>("[data-filter-focus]")?.focus(),
    };
    const action = actions[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  };

  private closePane(): void {
    this.pane?.replaceChildren();
    this.rows[this.current]?.focus();
    for (const row of this.rows) row.removeAttribute("aria-current");
  }

  private move(step: number): void {
    const { rows } = this;
    if (!rows.length) return;
    this.current = Math.min(Math.max(this.current + step, 0), rows.length - 1);
    rows.forEach((row, i) => { row.classList.toggle("row-current", i === this.current); });
    const row = rows[this.current] as HTMLTableRowElement;
    row.tabIndex = -1;
    row.focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
  }

  private open(row: HTMLTableRowElement | undefined): void {
    if (!row) return;
    const url = row.dataset.paneUrl;
    if (!url || !this.pane) { if (row.dataset.url) location.href = row.dataset.url; return; }
    for (const other of this.rows) other.removeAttribute("aria-current");
    row.setAttribute("aria-current", "true");
    openPane(url, this.dataset.pane ?? "#details");
  }

  private onClick(event: Event): void {
    const target = event.target as HTMLElement;
    const box = target.closest<HTMLInputElement>("input[type=checkbox]");
    const row = target.closest<HTMLTableRowElement>("tbody tr[data-id]");
    if (box?.hasAttribute("data-pick-all")) this.rows.forEach((_, i) => this.pick(i, box.checked));
    else if (box && row) this.pick(this.rows.indexOf(row), box.checked);
    else if (row && !target.closest("a, button, input, label, summary, form") && !getSelection()?.toString()) {
      this.current = this.rows.indexOf(row);
      this.move(0);
      this.open(row);
    }
    const bulk = target.closest<HTMLElement>("[data-bulk-url]");
    if (bulk) void this.act(bulk);
    if (target.closest("[data-bulk-clear]")) this.rows.forEach((_, i) => this.pick(i, false));
    const exported = target.closest<HTMLAnchorElement>("a[data-export]");
    if (exported) this.exportSeen(exported);
  }

  private pick(index: number, on?: boolean): void {
    const row = this.rows[index];
    const box = row?.querySelector<HTMLInputElement>("td[data-pick] input");
    if (!row || !box) return;
    const id = row.dataset.id as string;
    box.checked = on ?? !this.picked.has(id);
    if (box.checked) this.picked.add(id); else this.picked.delete(id);
    row.classList.toggle("row-picked", box.checked);
    this.lastPicked = index;
    this.showBulk();
  }

  private pickTo(index: number): void {
    const [first, last] = [Math.min(this.lastPicked, index), Math.max(this.lastPicked, index)];
    for (let i = Math.max(first, 0); i <= last; i++) this.pick(i, true);
  }

  private showBulk(): void {
    const bar = this.querySelector<HTMLElement>("[data-bulk]");
    if (!bar) return;
    bar.hidden = !this.picked.size;
    const count = bar.querySelector("[data-bulk-count]");
    if (count) count.textContent = t("picked", { n: this.picked.size });
  }

  private async act(button: HTMLElement): Promise<void> {
    const reason = button.hasAttribute("data-needs-reason") ? await askReason(button.textContent ?? "") : "";
    if (reason === null) return;
    try {
      await post(button.dataset.bulkUrl as string, [...[...this.picked].map((id): [string, string] => ["id", id]), ["reason", reason]]);
      location.reload();
    } catch (error) {
      showError(error);
    }
  }

  private get columnKey(): string {
    return `columns:${this.dataset.key ?? location.pathname}`;
  }

  private get hiddenColumns(): Set<string> {
    return new Set(JSON.parse(localStorage.getItem(this.columnKey) ?? "[]") as string[]);
  }

  private heads(): HTMLTableCellElement[] {
    return [...this.querySelectorAll<HTMLTableCellElement>("thead th[data-column]")];
  }

  private addColumns(): void {
    const menu = this.querySelector<HTMLElement>("[data-columns]");
    const body = menu?.querySelector("[data-columns-body]");
    const free = this.heads().filter((head) => !head.hasAttribute("data-fixed"));
    if (!menu || !body || !free.length) return;
    menu.hidden = false;
    body.replaceChildren(...free.map((head) => h("label", { class: "form-check" },
      h("input", { type: "checkbox", class: "form-check-input", checked: !this.hiddenColumns.has(head.dataset.column as string), onchange: (event) => this.toggleColumn(head.dataset.column as string, (event.target as HTMLInputElement).checked) }),
      h("span", { class: "form-check-label" }, head.textContent ?? ""))));
  }

  private toggleColumn(name: string, shown: boolean): void {
    const hidden = this.hiddenColumns;
    if (shown) hidden.delete(name); else hidden.add(name);
    localStorage.setItem(this.columnKey, JSON.stringify([...hidden]));
    this.hideColumns();
  }

  private hideColumns(): void {
    const hidden = this.hiddenColumns;
    for (const head of this.heads()) {
      const isHidden = hidden.has(head.dataset.column as string);
      const index = head.cellIndex;
      head.hidden = isHidden;
      for (const row of this.rows) { const cell = row.cells[index]; if (cell) cell.hidden = isHidden; }
    }
  }

  private exportSeen(anchor: HTMLAnchorElement): void {
    const url = new URL(anchor.getAttribute("href") ?? "", location.href);
    for (const [key, value] of new URLSearchParams(location.search)) if (key !== "page") url.searchParams.set(key, value);
    url.searchParams.set("columns", this.heads().filter((head) => !head.hidden).map((head) => head.dataset.column).join(","));
    anchor.href = url.pathname + url.search;
  }
}

/** Asks for a reason in a dialog; `null` when the person turns back. */
export function askReason(title: string): Promise<string | null> {
  return new Promise((resolve) => {
    const input = h("textarea", { class: "form-control", required: true, rows: 3, minlength: 4 });
    const dialog = h("dialog", { class: "ask-dialog", "aria-label": title },
      h("form", { method: "dialog" }, h("h2", {}, title), h("label", { class: "form-label" }, t("reason"), input),
        h("div", { class: "form-buttons" }, h("button", { class: "btn btn-primary", value: "yes" }, t("confirm")), h("button", { class: "btn", value: "no", formnovalidate: true }, t("cancel")))));
    dialog.addEventListener("close", () => { resolve(dialog.returnValue === "yes" ? input.value : null); dialog.remove(); });
    document.body.append(dialog);
    dialog.showModal();
  });
}

export function startLists(): void {
  define("record-list", RecordList);
  document.addEventListener("click", (event) => {
    const opener = (event.target as Element).closest<HTMLElement>("[data-open-pane]");
    if (!opener) return;
    event.preventDefault();
    openPane(opener.dataset.openPane as string);
  });
}
