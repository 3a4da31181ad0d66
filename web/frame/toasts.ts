/** Short messages with undo. Nothing is asked twice; what was done can be taken back. */
import { define } from "../kit/part";
import { h } from "../kit/dom";
import { post, SourceError } from "../kit/source";
import { t } from "../kit/text";

export interface Toast { text: string; kind?: "done" | "warning" | "error"; undo_url?: string }

class ToastStack extends HTMLElement {
  connectedCallback(): void {
    const waiting = [...this.querySelectorAll<HTMLElement>(".toast-line")];
    for (const line of waiting) {
      const kind = line.classList.contains("toast-error") ? "error" : line.classList.contains("toast-warning") ? "warning" : "done";
      line.remove();
      this.show({ text: line.textContent ?? "", kind });
    }
  }

  show(toast: Toast): void {
    const line = h("div", { class: `toast-line toast-${toast.kind ?? "done"}` }, h("span", { class: "toast-text" }, toast.text));
    if (toast.undo_url) line.append(h("button", { type: "button", class: "btn btn-sm", onclick: () => void this.undo(toast.undo_url as string, line) }, t("undo")));
    line.append(h("button", { type: "button", class: "icon-button", "aria-label": t("close"), onclick: () => line.remove() }, "×"));
    this.append(line);
    if (toast.kind !== "error") this.leave(line, toast.undo_url ? 12_000 : 6_000);
  }

  private leave(line: HTMLElement, after: number): void {
    let timer = setTimeout(() => line.remove(), after);
    for (const enter of ["pointerenter", "focusin"]) line.addEventListener(enter, () => clearTimeout(timer));
    for (const exit of ["pointerleave", "focusout"]) line.addEventListener(exit, () => { clearTimeout(timer); timer = setTimeout(() => line.remove(), after); });
  }

  private async undo(url: string, line: HTMLElement): Promise<void> {
    line.remove();
    try {
      await post(url);
      this.show({ text: t("undone") });
      document.body.dispatchEvent(new CustomEvent("live-all"));
    } catch (error) {
      showError(error);
    }
  }
}

export function showToast(toast: Toast): void {
  document.querySelector<ToastStack>("toast-stack")?.show(toast);
}

export function showError(error: unknown): void {
  const hint = error instanceof SourceError && error.hint ? ` ${error.hint}` : "";
  showToast({ text: `${error instanceof Error ? error.message : String(error)}${hint}`, kind: "error" });
}

export function startToasts(): void {
  define("toast-stack", ToastStack);
  document.addEventListener("toast", (event) => {
    const detail = (event as CustomEvent<Toast & { value?: string }>).detail;
    showToast({ ...detail, text: detail.text ?? detail.value ?? "" });
  });
}
