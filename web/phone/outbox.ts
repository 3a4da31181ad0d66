/** Forms marked data-queue are written to IndexedDB first and sent from there, once each, whenever there is a network. */
import { define } from "../kit/part";
import { h } from "../kit/dom";
import { csrf } from "../kit/source";
import { t } from "../kit/text";
import { showToast } from "../frame/toasts";
import type { Table } from "dexie";

export interface Waiting { key: string; url: string; fields: [string, string][]; files: { name: string; file: File }[]; label: string; kept_at: number; refusal?: string }

let opened: Promise<Table<Waiting, string>> | undefined;

function waitingTable(): Promise<Table<Waiting, string>> {
  opened ??= import("dexie").then(({ Dexie }) => {
    const database = new Dexie("tongzhou-outbox");
    database.version(1).stores({ waiting: "key, kept_at" });
    return database.table<Waiting, string>("waiting");
  });
  return opened;
}

/** What to do with an answer: sent, refused for good (the record is wrong), or try later. */
export function outcome(status: number): "sent" | "refused" | "later" {
  if (status >= 200 && status < 400) return "sent";
  return status === 401 || status === 403 || status === 408 || status === 425 || status === 429 || status >= 500 ? "later" : "refused";
}

function newKey(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, "0")).join("");
}

async function keep(form: HTMLFormElement, submitter: HTMLElement | null): Promise<void> {
  const values = new FormData(form, submitter);
  const entry: Waiting = { key: newKey(), url: form.action, fields: [], files: [], label: form.dataset.label ?? document.title, kept_at: Date.now() };
  for (const [name, value] of values) {
    if (name === "csrfmiddlewaretoken") continue;
    if (typeof value === "string") entry.fields.push([name, value]);
    else if (value.size) entry.files.push({ name, file: value });
  }
  await (await waitingTable()).add(entry);
}

async function send(entry: Waiting): Promise<"sent" | "refused" | "later"> {
  const body = new FormData();
  entry.fields.forEach(([name, value]) => body.append(name, value));
  entry.files.forEach(({ name, file }) => body.append(name, file));
  try {
    const response = await fetch(entry.url, { method: "POST", body, credentials: "same-origin", headers: { "Idempotency-Key": entry.key, "X-CSRFToken": csrf(), Accept: "application/json, text/html" } });
    const result = outcome(response.status);
    if (result === "refused") {
      const problem = (await response.json().catch(() => ({}))) as { detail?: string; title?: string };
      entry.refusal = problem.detail ?? problem.title ?? t("failed");
    }
    return result;
  } catch {
    return "later";
  }
}

class OutboxNote extends HTMLElement {
  private sending = false;

  connectedCallback(): void {
    document.addEventListener("submit", this.onSubmit);
    addEventListener("online", this.flush);
    setInterval(() => void this.flush(), 30_000);
    void this.flush();
  }

  private readonly onSubmit = (event: SubmitEvent): void => {
    const form = event.target as HTMLFormElement;
    if (!form.matches("form[data-queue]") || !form.reportValidity()) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    void keep(form, event.submitter).then(() => {
      showToast({ text: t("saved_here") });
      form.closest("li")?.classList.add("row-kept");
      form.reset();
      return this.flush();
    }).catch((error: unknown) => showToast({ text: String(error), kind: "error" }));
  };

  private readonly flush = async (): Promise<void> => {
    if (this.sending) return;
    this.sending = true;
    try {
      const waiting = await waitingTable();
      for (const entry of await waiting.orderBy("kept_at").toArray()) {
        if (entry.refusal) continue;
        const result = await send(entry);
        if (result === "sent") await waiting.delete(entry.key);
        else if (result === "refused") await waiting.put(entry);
        else break;
      }
      this.say(await waiting.orderBy("kept_at").toArray());
    } finally {
      this.sending = false;
    }
  };

  private say(entries: Waiting[]): void {
    const refused = entries.filter((entry) => entry.refusal);
    const n = entries.length - refused.length;
    this.hidden = !entries.length;
    this.replaceChildren(
      ...(n ? [h("p", { class: "outbox-line" }, h("b", {}, n === 1 ? t("waiting_one") : t("waiting", { n })), ` ${t("will_send")}`)] : []),
      ...refused.map((entry) => h("p", { class: "outbox-line outbox-refused" }, t("refused_record", { label: entry.label, why: entry.refusal ?? "" }),
        h("button", { type: "button", class: "btn", onclick: () => void waitingTable().then((waiting) => waiting.delete(entry.key)).then(() => this.flush()) }, t("close")))));
  }
}

export function startOutbox(): void {
  define("outbox-note", OutboxNote);
}
