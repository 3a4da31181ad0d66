import { expect, test, vi } from "vitest";

vi.stubGlobal("HTMLElement", class {});
vi.stubGlobal("document", { getElementById: () => null, documentElement: { dataset: {} } });

test("an answer of the server is final only when it accepts or refuses the record itself", async () => {
  const { outcome } = await import("./outbox");
  expect([200, 204, 302].map(outcome)).toEqual(["sent", "sent", "sent"]);
  expect([400, 404, 409, 422].map(outcome)).toEqual(["refused", "refused", "refused", "refused"]);
  expect([401, 403, 429, 500, 503].map(outcome)).toEqual(["later", "later", "later", "later", "later"]);
});
