/** htmx as this site uses it: token on every writing request, problem+json as a toast, no swap of what is not HTML. */
import htmx from "htmx.org";
import { csrf } from "../kit/source";
import { t } from "../kit/text";
import { showToast } from "./toasts";

interface RequestDetail { ctx: { request: { method: string; headers: Record<string, string> }; response?: { raw: Response; status: number } } }

export function startHtmx(): void {
  document.addEventListener("htmx:config:request", (event) => {
    const { request } = (event as CustomEvent<RequestDetail>).detail.ctx;
    if (!/^(GET|HEAD)$/.test(request.method)) request.headers["X-CSRFToken"] = csrf();
  });
  document.addEventListener("htmx:before:response", (event) => {
    const response = (event as CustomEvent<RequestDetail>).detail.ctx.response?.raw;
    if (!response || response.ok || response.headers.get("content-type")?.startsWith("text/html") && response.status === 422) return;
    event.preventDefault();
    void response.json().catch(() => ({})).then((problem: { title?: string; detail?: string; hint?: string }) =>
      showToast({ text: [problem.title ?? t("failed"), problem.detail, problem.hint].filter(Boolean).join(" "), kind: "error" }));
  });
  document.addEventListener("htmx:error", () => { if (!navigator.onLine) showToast({ text: t("offline"), kind: "error" }); });
}

export { htmx };
