/** The carriage: where the case sat, who sat near, and which rows the rule covers. */
import { h, link, table } from "../kit/dom";
import { define, Part } from "../kit/part";
import { t } from "../kit/text";

type Grade = "close" | "secondary" | "general";
interface SeatFacts {
  label: string; on?: string; rows: number[]; columns: string[]; rule?: string; rule_rows?: [number, number];
  case: { row: number; column: string; label: string }[]; contacts: { row: number; column: string; grade: Grade; label: string; url?: string }[];
}

const MARKS: Record<Grade, string> = { close: "●", secondary: "◐", general: "○" };

class SeatPlan extends Part<SeatFacts> {
  protected isEmpty(facts: SeatFacts): boolean {
    return !facts.rows.length;
  }

  protected draw(facts: SeatFacts): void {
    const grid = h("div", { class: "seat-grid", role: "group", "aria-label": this.summary(facts) });
    const along = facts.rows.length + 1;
    grid.style.gridTemplateColumns = `repeat(${along}, auto)`;
    grid.append(h("span", { class: "seat-column" }), ...facts.rows.map((row) => h("span", { class: "seat-row" }, String(row))));
    for (const column of [...facts.columns].reverse()) grid.append(h("span", { class: "seat-column" }, column === "|" ? "" : column), ...facts.rows.map((row) => this.seat(facts, row, column)));
    const drawing = h("div", {}, h("p", { class: "overlap-head" }, h("b", {}, facts.label), facts.on ? ` · ${facts.on}` : ""), h("div", { class: "seat-scroll", tabindex: 0, role: "region", "aria-label": facts.label }, grid), this.legend(), facts.rule ? h("p", { class: "part-note" }, facts.rule) : null);
    this.withTable(drawing, () => this.list(facts));
  }

  private seat(facts: SeatFacts, row: number, column: string): HTMLElement {
    if (column === "|") return h("span", { class: "seat-aisle" });
    const isHere = (one: { row: number; column: string }) => one.row === row && one.column === column;
    const person = facts.case.find(isHere);
    const contact = facts.contacts.find(isHere);
    const covered = facts.rule_rows && row >= facts.rule_rows[0] && row <= facts.rule_rows[1] ? " seat-covered" : "";
    if (person) return h("span", { class: `seat seat-case${covered}`, title: person.label }, "✕");
    if (!contact) return h("span", { class: `seat${covered}` }, `${row}${column}`);
    return contact.url ? h("a", { class: `seat seat-${contact.grade}`, href: contact.url, title: contact.label, "aria-label": `${row}${column} ${contact.label}` }, MARKS[contact.grade]) : h("span", { class: `seat seat-${contact.grade}`, title: contact.label }, MARKS[contact.grade]);
  }

  private summary(facts: SeatFacts): string {
    return `${facts.label}. ${facts.case.map((one) => `${t("case")} ${one.row}${one.column}`).join(", ")}. ${facts.contacts.map((one) => `${t(`${one.grade}_contact`)} ${one.row}${one.column}`).join(", ")}`;
  }

  private legend(): HTMLElement {
    const entry = (look: string, mark: string, word: string) => h("li", {}, h("span", { class: `seat seat-small ${look}`, "aria-hidden": "true" }, mark), word);
    return h("ul", { class: "legend" }, entry("seat-case", "✕", t("case")), ...(["close", "secondary", "general"] as const).map((grade) => entry(`seat-${grade}`, MARKS[grade], t(`${grade}_contact`))), entry("seat-covered", "", t("rule_covers")));
  }

  private list(facts: SeatFacts): Node {
    return table([t("seat"), t("contact"), t("grade")], [...facts.case.map((one) => [`${one.row}${one.column}`, one.label, t("case")]), ...facts.contacts.map((one) => [`${one.row}${one.column}`, link(one.label, one.url), t(`${one.grade}_contact`)])]);
  }
}

export function start(): void {
  define("seat-plan", SeatPlan);
}
