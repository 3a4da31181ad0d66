/** Fetches the script of a component when the first one of its kind is on the page, also after a swap. */

const LOADERS: Record<string, () => Promise<{ start: () => void }>> = {
  "area-map": () => import("./area_map"),
  "epi-curve": () => import("./epi_curve"),
  "fan-chart": () => import("./fan_chart"),
  "stay-timeline": () => import("./stay_timeline"),
  "stay-map": () => import("./stay_map"),
  "overlap-bars": () => import("./overlap_bars"),
  "seat-plan": () => import("./seat_plan"),
  "chain-graph": () => import("./chain_graph"),
};

const asked = new Set<string>();

export function loadPartsWhenUsed(): void {
  const look = () => {
    for (const [name, load] of Object.entries(LOADERS)) {
      if (asked.has(name) || !document.querySelector(name)) continue;
      asked.add(name);
      load().then((part) => part.start()).catch((error) => { asked.delete(name); console.error(error); });
    }
  };
  look();
  new MutationObserver(look).observe(document.body, { childList: true, subtree: true });
}
