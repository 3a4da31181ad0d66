/** Of the drawings, public pages use the curve and the map only, and fetch them only where they stand. */

export function loadLightParts(): void {
  if (document.querySelector("epi-curve")) void import("./epi_curve").then((part) => part.start());
  if (document.querySelector("area-map")) void import("./area_map").then((part) => part.start());
}
