/** Strings written once by `{% ui_strings %}`, and numbers in the language of the page. */

let strings: Record<string, string> | undefined;

function allStrings(): Record<string, string> {
  if (!strings) {
    const block = document.getElementById("ui-strings");
    strings = block ? (JSON.parse(block.textContent ?? "{}") as Record<string, string>) : {};
  }
  return strings;
}

export function fill(pattern: string, values: Record<string, string | number>): string {
  return pattern.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

export function t(key: string, values: Record<string, string | number> = {}): string {
  return fill(allStrings()[key] ?? key, values);
}

export const language = (): string => document.documentElement.lang || "en";

/** About how wide a small label is, pixels. */
export const textWidth = (text: string): number => [...text].reduce((sum, char) => sum + (char > "\u2e80" ? 10 : 6), 0);

export function grouped(n: number | null | undefined): string {
  return n === null || n === undefined || !Number.isFinite(n) ? "–" : n.toLocaleString("en-US", { maximumFractionDigits: 2 });
}

export function signed(n: number): string {
  return n > 0 ? `+${grouped(n)}` : n < 0 ? `\u2212${grouped(-n)}` : "0";
}
