/** Reads JSON for the components: embedded by the page, or fetched with errors a person can act on. */
import { t } from "./text";

export class SourceError extends Error {
  constructor(message: string, readonly hint = "", readonly status = 0) {
    super(message);
  }
}

const csrf = (): string => document.querySelector<HTMLMetaElement>('meta[name="csrf-token"]')?.content ?? "";

async function problemOf(response: Response): Promise<SourceError> {
  if (response.status === 401) return new SourceError(t("signed_out"), "", 401);
  const problem = (await response.json().catch(() => ({}))) as { title?: string; detail?: string; hint?: string };
  return new SourceError(problem.title ?? t("failed"), [problem.detail, problem.hint].filter(Boolean).join(" "), response.status);
}

export async function getJson<T>(url: string, signal?: AbortSignal): Promise<T> {
  let response: Response;
  try {
    response = await fetch(url, { headers: { Accept: "application/json" }, credentials: "same-origin", ...(signal ? { signal } : {}) });
  } catch (error) {
    if ((error as Error).name === "AbortError") throw error;
    throw new SourceError(t("failed"), t("offline"));
  }
  if (!response.ok) throw await problemOf(response);
  if (!response.headers.get("content-type")?.includes("json")) throw new SourceError(t("signed_out"), "", response.status);
  return (await response.json()) as T;
}

export async function post(url: string, fields: Iterable<[string, string]> = []): Promise<Response> {
  const response = await fetch(url, {
    method: "POST", credentials: "same-origin", headers: { "X-CSRFToken": csrf(), Accept: "application/json, text/html" }, body: new URLSearchParams([...fields]),
  }).catch(() => { throw new SourceError(t("failed"), t("offline")); });
  if (!response.ok) throw await problemOf(response);
  return response;
}

const shared = new Map<string, Promise<unknown>>();

/** Two parts that name the same URL at the same time share one request. */
function getShared<T>(url: string): Promise<T> {
  const running = shared.get(url) ?? getJson<T>(url).finally(() => setTimeout(() => shared.delete(url), 500));
  shared.set(url, running);
  return running as Promise<T>;
}

export async function readSource<T>(element: HTMLElement): Promise<T> {
  const id = element.dataset.json;
  if (id) return embedded<T>(id);
  if (!element.dataset.src) throw new SourceError(`<${element.localName}> needs data-src or data-json`);
  return getShared<T>(element.dataset.src);
}

export function embedded<T>(id: string): T {
  const block = document.getElementById(id);
  if (!block) throw new SourceError(`there is no element with id "${id}"`);
  return JSON.parse(block.textContent ?? "null") as T;
}

/** A URL, or `#id` of embedded JSON. */
export function readReference<T>(reference: string): Promise<T> {
  return reference.startsWith("#") ? Promise.resolve(embedded<T>(reference.slice(1))) : getShared<T>(reference);
}

export { csrf };
