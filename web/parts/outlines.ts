/** GeoJSON outlines: codes without padding, only the features that are asked for, bounds. */

export interface Feature { type: "Feature"; properties: Record<string, unknown>; geometry: { type: string; coordinates: unknown } }
export interface Outlines { type: "FeatureCollection"; features: Feature[] }
export type Position = [number, number];

/** `440300` -> `4403`; longer codes stay as they are. */
export function bareCode(code: string | number): string {
  const text = String(code);
  return text.length === 6 ? text.replace(/(00){1,2}$/, "") : text;
}

export function featureCode(feature: Feature): string {
  const { code, adcode, id } = feature.properties as Record<string, string | number | undefined>;
  return bareCode(code ?? adcode ?? id ?? "");
}

/** The features of the wanted codes, named by their bare code; all of them when none is wanted. */
export function pickFeatures(outlines: Outlines, codes?: Set<string>): Outlines {
  const named = outlines.features.map((feature) => ({ ...feature, properties: { ...feature.properties, label: feature.properties.name, name: featureCode(feature) } }));
  return { type: "FeatureCollection", features: codes ? named.filter((feature) => codes.has(feature.properties.name)) : named };
}

/** West, south, east, north of the positions, widened by `pad` of the span and at least `least` degrees. */
export function bounds(positions: Position[], pad = 0.15, least = 0.05): [number, number, number, number] {
  let [west, south, east, north] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [x, y] of positions) {
    west = Math.min(west, x);
    east = Math.max(east, x);
    south = Math.min(south, y);
    north = Math.max(north, y);
  }
  const dx = Math.max((east - west) * pad, least);
  const dy = Math.max((north - south) * pad, least);
  return [west - dx, south - dy, east + dx, north + dy];
}

/** Every position of nested GeoJSON coordinates. */
export function flatPositions(coordinates: unknown): Position[] {
  if (!Array.isArray(coordinates)) return [];
  return typeof coordinates[0] === "number" ? [coordinates as Position] : coordinates.flatMap(flatPositions);
}
