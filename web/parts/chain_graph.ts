/** Transmission chain: onset across, generations as lanes, settings as colours; contacts are small marks that expand. WebGL by sigma. */
import Graph from "graphology";
import Sigma from "sigma";
import { h, save, table, token } from "../kit/dom";
import { define, Part } from "../kit/part";
import { grouped, t } from "../kit/text";
import { dayNumber, dayText } from "../kit/time";
import { openPane } from "../frame/lists";
import { drawAxis } from "./chain_axis";
import { type ChainFacts, contactOffset, foldSettings, layoutChain, type Layout } from "./chain_layout";
import { isMoving, markPrograms, type Motion } from "./chain_marks";
import { chainPng, chainSvg, type PictureOptions } from "./chain_picture";

const MAX_ROWS = 200;
const EXPANDED = 3;
const MAX_DAY_WIDTH = 240; // px of one day at the deepest zoom
const LARGE = 4000; // marks above which edges, labels and contacts wait while the camera moves

class ChainGraph extends Part<ChainFacts> {
  private sigma: Sigma | undefined;
  private graph = new Graph({ type: "directed" });
  private layout!: Layout;
  private scale = { x: 1, y: 1 };
  private contactsOf = new Map<number, number[]>();
  private readonly pinned = new Set<string>();
  private readonly expanded = new Set<number>();
  private found = new Set<string>();
  private setting = -1;
  private showContacts = true;
  private card = h("div", { class: "chain-card", hidden: true, role: "region", "aria-live": "polite" });

  protected isEmpty(facts: ChainFacts): boolean {
    return !facts.cases.id.length;
  }

  protected override release(): void {
    this.sigma?.kill();
    this.sigma = undefined;
  }

  protected draw(raw: ChainFacts): void {
    const started = performance.now();
    this.release();
    const facts = foldSettings(raw, t("other"));
    this.facts = facts;
    this.layout = layoutChain(facts);
    const place = h("div", { class: "chain-sigma" });
    const axis = h("canvas", { class: "chain-axis", "aria-hidden": "true" });
    const stage = h("div", { class: "chain-stage", role: "img", "aria-label": this.summary(facts) }, place, axis, this.card);
    stage.style.height = `${this.dataset.height ?? 560}px`;
    this.withTable(h("div", {}, stage, this.legend(facts), h("p", { class: "part-note" }, this.summary(facts))), () => this.list(facts), ...this.tools(facts));
    this.fillGraph(facts, stage.clientWidth || 1000, stage.clientHeight || 560);
    try {
      this.sigma = this.makeSigma(place);
    } catch (error) {
      console.error(error);
      stage.replaceChildren(h("p", { class: "empty-state" }, t("no_webgl")));
      return;
    }
    this.showHoverLayers(false);
    const repaint = () => this.sigma && drawAxis(axis, this.sigma, facts, this.layout, this.scale);
    this.sigma.on("afterRender", repaint);
    repaint();
    this.dataset.drawMs = (performance.now() - started).toFixed(0);
  }

  private makeSigma(place: HTMLElement): Sigma {
    const isLarge = this.graph.order > LARGE;
    const motion: Motion = { waits: false };
    const sigma = new Sigma(this.graph, place, {
      allowInvalidContainer: true, renderEdgeLabels: false, enableEdgeEvents: false, hideEdgesOnMove: isLarge, hideLabelsOnMove: isLarge, defaultNodeType: "case", nodeProgramClasses: { ...markPrograms(motion) }, labelDensity: 0.6, labelGridCellSize: 90, labelRenderedSizeThreshold: 7,
      labelFont: token("font"), labelSize: 11, labelColor: { color: token("text") }, stagePadding: 40, minCameraRatio: Math.min(Math.max(this.scale.x / MAX_DAY_WIDTH, 0.01), 0.5), maxCameraRatio: 1.6, zIndex: true,
      itemSizesReference: "screen", nodeReducer: (key, data) => this.look(key, data), edgeReducer: (_, data) => data, defaultDrawNodeHover: drawHover,
    });
    sigma.getCanvases().edgeLabels?.style.setProperty("display", "none");
    if (isLarge) sigma.on("beforeRender", () => { motion.waits = isMoving(sigma); });
    sigma.on("enterNode", () => this.showHoverLayers(true));
    sigma.on("leaveNode", () => this.showHoverLayers(false));
    sigma.on("clickNode", ({ node }) => this.showCard(node));
    sigma.on("clickStage", () => { this.card.hidden = true; });
    return sigma;
  }

  /** Empty layers cost a frame its time where no graphics card draws it; they stand only while they show something. */
  private showHoverLayers(hovered: boolean): void {
    const isUsed = hovered || this.pinned.size > 0 || this.found.size > 0;
    const canvases = this.sigma?.getCanvases() ?? {};
    for (const name of ["hovers", "hoverNodes"]) canvases[name]?.style.setProperty("display", isUsed ? "" : "none");
  }

  private fillGraph(facts: ChainFacts, width: number, height: number): void {
    const { layout, graph } = this;
    graph.clear();
    this.contactsOf.clear();
    this.scale = { x: (width - 80) / (layout.lastDay - layout.firstDay + 1), y: (height - 80) / layout.height };
    const size = Math.min(Math.max(this.scale.y * 0.42, 1.6), 6);
    const colors = facts.settings.map((_, i) => token(`set-${i}`));
    facts.cases.id.forEach((_, row) => graph.addNode(`c${row}`, { x: (layout.x[row] as number) * this.scale.x, y: -(layout.y[row] as number) * this.scale.y, size, color: colors[facts.cases.setting[row] as number], label: facts.cases.label[row], row, setting: facts.cases.setting[row], zIndex: 2 }));
    const line = token(facts.cases.id.length > 600 ? "line" : "line-strong");
    facts.cases.infector.forEach((from, row) => { if (from >= 0 && from !== row) graph.addDirectedEdgeWithKey(`e${row}`, `c${from}`, `c${row}`, { color: line, size: 0.6, type: "line" }); });
    facts.contacts?.case.forEach((row, k) => { const known = this.contactsOf.get(row); if (known) known.push(k); else this.contactsOf.set(row, [k]); });
    const paint: Record<string, string> = { late: token("late-mark"), danger: token("late-mark"), soon: token("soon-mark"), done: token("done-mark") };
    for (const [row, contacts] of this.contactsOf) contacts.forEach((k, i) => {
      const [x, y] = this.contactPosition(row, i, 1);
      graph.addNode(`k${k}`, { type: "contact", x, y, size: Math.max(size * 0.3, 0.8), color: paint[facts.contacts?.state?.[k] ?? ""] ?? token("line-strong"), row, contact: k, setting: facts.cases.setting[row], zIndex: 1 });
    });
  }

  private contactPosition(row: number, i: number, grow: number): [number, number] {
    const [dx, dy] = contactOffset(i);
    const unit = Math.min(this.scale.y * 0.28, this.scale.x * 0.22, 6) * grow;
    return [(this.layout.x[row] as number) * this.scale.x + dx * unit, -(this.layout.y[row] as number) * this.scale.y + dy * unit];
  }

  private look(key: string, data: Record<string, unknown>): Record<string, unknown> {
    if (data.contact !== undefined && !this.showContacts) return { ...data, hidden: true };
    const off = (this.setting >= 0 && data.setting !== this.setting) || (this.found.size > 0 && !this.found.has(`c${String(data.row)}`));
    const marked = this.pinned.has(key) || (this.found.has(key) && this.found.size <= 20);
    if (!off && !marked) return data;
    return { ...data, ...(off ? { color: token("surface-2"), label: "", zIndex: 0 } : {}), ...(marked ? { highlighted: true, forceLabel: true, size: (data.size as number) * 1.5, zIndex: 5 } : {}) };
  }

  private tools(facts: ChainFacts): Node[] {
    const search = h("input", { type: "search", class: "form-control form-control-sm chain-search", placeholder: t("search_chain"), "aria-label": t("search_chain") });
    let at = -1;
    search.addEventListener("input", () => { at = -1; this.find(facts, search.value.trim()); });
    search.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || !this.found.size) return;
      event.preventDefault();
      at = (at + 1) % this.found.size;
      this.goTo([...this.found][at] as string);
    });
    const settings = h("select", { class: "form-select form-select-sm chain-setting", "aria-label": t("setting"), onchange: (event) => { this.setting = Number((event.target as HTMLSelectElement).value); this.sigma?.refresh(); } },
      h("option", { value: -1 }, t("all_settings")), ...facts.settings.map((name, i) => h("option", { value: i }, name)));
    const contacts = h("label", { class: "layer-box" }, h("input", { type: "checkbox", class: "form-check-input", checked: this.showContacts, onchange: (event) => { this.showContacts = (event.target as HTMLInputElement).checked; this.sigma?.refresh(); } }), t("show_contacts"));
    const button = (key: string, action: () => void) => h("button", { type: "button", class: "btn btn-sm", onclick: action }, t(key));
    return [search, settings, facts.contacts ? contacts : h("span"), h("span", { class: "part-spring" }), button("fit", () => void this.sigma?.getCamera().animatedReset()),
      button("save_svg", () => save("chain.svg", new Blob([chainSvg(facts, this.layout, this.picture(facts))], { type: "image/svg+xml" }))),
      button("save_png", () => void chainPng(facts, this.layout, this.picture(facts)).then((blob) => save("chain.png", blob)))];
  }

  private picture(facts: ChainFacts): PictureOptions {
    const contacts = this.showContacts ? this.graph.filterNodes((_, data) => data.contact !== undefined).map((key) => ({ x: this.graph.getNodeAttribute(key, "x") as number, y: -(this.graph.getNodeAttribute(key, "y") as number) })) : [];
    return {
      width: 1600, height: Math.max(900, Math.round(this.layout.height * 5)), contacts, scale: this.scale,
      style: { ground: token("surface"), text: token("text"), faint: token("text-2"), line: token("line"), contact: token("line-strong"), font: token("font"), settings: facts.settings.map((_, i) => token(`set-${i}`)) },
    };
  }

  private find(facts: ChainFacts, q: string): void {
    const wanted = q.toLowerCase();
    this.found = new Set(wanted ? facts.cases.label.flatMap((label, row) => (label.toLowerCase().includes(wanted) ? [`c${row}`] : [])) : []);
    this.showHoverLayers(false);
    this.sigma?.refresh();
    if (this.found.size) this.goTo([...this.found][0] as string, this.found.size > 20);
  }

  private goTo(key: string, stay = false): void {
    const shown = this.sigma?.getNodeDisplayData(key);
    if (shown && !stay) void this.sigma?.getCamera().animate({ x: shown.x, y: shown.y, ratio: Math.min(this.sigma.getCamera().ratio, 0.12) }, { duration: 250 });
    this.showCard(key);
  }

  private showCard(key: string): void {
    const { facts } = this;
    if (!facts) return;
    const row = this.graph.getNodeAttribute(key, "row") as number;
    const node = `c${row}`;
    const id = String(facts.cases.id[row]);
    const from = facts.cases.infector[row] as number;
    const button = (label: string, action: () => void) => h("button", { type: "button", class: "btn btn-sm", onclick: action }, label);
    const contacts = this.contactsOf.get(row) ?? [];
    const at = (pattern: string | undefined) => pattern?.replace("{id}", encodeURIComponent(id));
    const [url, detail] = [at(this.dataset.url), at(this.dataset.detail)];
    this.card.hidden = false;
    this.card.replaceChildren(
      h("p", {}, h("b", {}, facts.cases.label[row] ?? id)),
      h("p", {}, `${t("onset")}: ${dayText(dayNumber(facts.base) + (facts.cases.onset[row] as number))} · ${t("generation", { n: this.layout.generation[row] as number })}`),
      h("p", {}, `${t("setting")}: ${facts.settings[facts.cases.setting[row] as number] ?? t("unknown")}`),
      h("p", {}, `${t("infector")}: `, from >= 0 ? h("button", { type: "button", class: "link-button", onclick: () => this.goTo(`c${from}`) }, facts.cases.label[from] ?? "") : t("unknown")),
      h("p", {}, `${t("infected")}: ${grouped(this.graph.outDegree(node) - (this.expanded.has(row) ? contacts.length : 0))} · ${t("contacts")}: ${grouped(contacts.length)}`),
      h("div", { class: "form-buttons" }, url ? h("a", { class: "btn btn-sm btn-primary", href: url }, t("open")) : null, detail ? button(t("details"), () => openPane(detail)) : null,
        button(t(this.pinned.has(node) ? "unpin" : "pin"), () => { if (!this.pinned.delete(node)) this.pinned.add(node); this.showHoverLayers(true); this.sigma?.refresh(); this.showCard(node); }),
        contacts.length ? button(t(this.expanded.has(row) ? "fold" : "unfold"), () => { this.expand(row, contacts); this.showCard(node); }) : null, button(t("close"), () => { this.card.hidden = true; })));
  }

  private expand(row: number, contacts: number[]): void {
    const opening = !this.expanded.delete(row);
    if (opening) this.expanded.add(row);
    contacts.forEach((k, i) => {
      const [x, y] = this.contactPosition(row, i, opening ? EXPANDED : 1);
      this.graph.mergeNodeAttributes(`k${k}`, { x, y });
      if (opening) this.graph.addDirectedEdgeWithKey(`l${k}`, `c${row}`, `k${k}`, { color: token("line"), size: 0.5, type: "line" });
      else this.graph.dropEdge(`l${k}`);
    });
  }

  private summary(facts: ChainFacts): string {
    const first = dayNumber(facts.base);
    return t("chain_summary", { cases: grouped(facts.cases.id.length), contacts: grouped(facts.contacts?.id.length ?? 0), generations: this.layout.lanes.length, first: dayText(first + this.layout.firstDay), last: dayText(first + this.layout.lastDay) });
  }

  private legend(facts: ChainFacts): HTMLElement {
    const counts = facts.settings.map((_, i) => facts.cases.setting.reduce((sum, setting) => sum + Number(setting === i), 0));
    return h("ul", { class: "legend", "aria-label": t("setting") }, ...facts.settings.map((name, i) => {
      const mark = h("span", { class: "swatch swatch-round", "aria-hidden": "true" });
      mark.style.background = token(`set-${i}`);
      return h("li", {}, mark, `${name} ${grouped(counts[i])}`);
    }), facts.contacts ? h("li", {}, h("span", { class: "swatch swatch-small", "aria-hidden": "true" }), t("contacts")) : null);
  }

  private list(facts: ChainFacts): Node {
    const rows = facts.cases.id.map((_, row) => row).filter((row) => (this.setting < 0 || facts.cases.setting[row] === this.setting) && (!this.found.size || this.found.has(`c${row}`)));
    const first = dayNumber(facts.base);
    const cases = table([t("case"), t("onset"), t("generation_column"), t("setting"), t("infector"), t("contacts")], rows.slice(0, MAX_ROWS).map((row) => [
      facts.cases.label[row], dayText(first + (facts.cases.onset[row] as number)), String(this.layout.generation[row]), facts.settings[facts.cases.setting[row] as number], facts.cases.label[facts.cases.infector[row] as number] ?? t("unknown"), String(this.contactsOf.get(row)?.length ?? 0),
    ]), rows.length > MAX_ROWS ? t("first_rows", { n: MAX_ROWS, total: grouped(rows.length) }) : undefined);
    const lanes = table([t("generation_column"), t("case")], this.layout.lanes.map((lane) => [String(lane.generation), grouped(lane.n)]));
    return h("div", {}, lanes, cases);
  }
}

/** Hovered and pinned cases carry their name on our own ground, in both themes. */
function drawHover(pen: CanvasRenderingContext2D, data: { x: number; y: number; size: number; label: string | null; color: string }): void {
  const label = data.label ?? "";
  pen.font = `600 12px ${token("font")}`;
  pen.fillStyle = token("surface");
  pen.strokeStyle = token("line-strong");
  pen.beginPath();
  pen.roundRect(data.x - data.size - 3, data.y - 10, data.size * 2 + pen.measureText(label).width + 14, 20, 4);
  pen.fill();
  pen.stroke();
  pen.fillStyle = data.color;
  pen.beginPath();
  pen.arc(data.x, data.y, data.size, 0, 7);
  pen.fill();
  pen.fillStyle = token("text");
  pen.fillText(label, data.x + data.size + 4, data.y + 4);
}

export function start(): void {
  define("chain-graph", ChainGraph);
}
