/** Command palette (Ctrl-K) and area picker. */
import { define } from "../kit/part";
import { post } from "../kit/source";
import { PickDialog, type PickGroup } from "./pick";
import { showError } from "./toasts";

class CommandPalette extends PickDialog {
  override connectedCallback(): void {
    super.connectedCallback();
    document.addEventListener("keydown", (event) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
        event.preventDefault();
        this.show();
      }
    });
    document.addEventListener("click", (event) => (event.target as Element).closest("[data-palette]") && this.show());
    this.addEventListener("click", (event) => {
      const url = (event.target as HTMLElement).dataset.post;
      if (url) void this.run(url);
    });
  }

  protected groups(answer: unknown): PickGroup[] {
    return (answer as { groups: PickGroup[] }).groups;
  }

  private async run(url: string): Promise<void> {
    this.dialog.close();
    try {
      const response = await post(url);
      if (response.redirected) location.href = response.url;
      else document.body.dispatchEvent(new CustomEvent("live-all"));
    } catch (error) {
      showError(error);
    }
  }
}

interface AreaAnswer { items: { code: string | number; name: string; path?: string; url: string }[] }

class AreaPicker extends PickDialog {
  override connectedCallback(): void {
    super.connectedCallback();
    this.querySelector("[data-open]")?.addEventListener("click", () => this.show());
  }

  protected groups(answer: unknown): PickGroup[] {
    const items = (answer as AreaAnswer).items.map((area) => ({ label: area.name, hint: [area.path, area.code].filter(Boolean).join(" · "), url: area.url }));
    return [{ label: "", items }];
  }
}

export function startPalette(): void {
  define("command-palette", CommandPalette);
  define("area-picker", AreaPicker);
}
