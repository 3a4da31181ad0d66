/** The chain as one picture, for a file: the same drawing on a canvas (PNG) or as text (SVG). */
import { dayNumber, dayText } from "../kit/time";
import { t } from "../kit/text";
import type { ChainFacts, Layout } from "./chain_layout";

interface Painter {
  line(x1: number, y1: number, x2: number, y2: number, color: string): void;
  circle(x: number, y: number, r: number, color: string): void;
  text(x: number, y: number, words: string, color: string, size: number): void;
}

export interface PictureStyle { ground: string; text: string; faint: string; line: string; settings: string[]; contact: string; font: string }
export interface PictureOptions { width: number; height: number; style: PictureStyle; contacts: { x: number; y: number }[]; scale: { x: number; y: number } }

const LEFT = 96;
const TOP = 48;

const escape = (text: string): string => text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);

function paint(facts: ChainFacts, layout: Layout, options: PictureOptions, to: Painter): void {
  const { width, height, style, scale } = options;
  const x = (day: number) => LEFT + ((day - layout.firstDay + 0.5) / (layout.lastDay - layout.firstDay + 2)) * (width - LEFT - 16);
  const y = (slot: number) => TOP + (slot / layout.height) * (height - TOP - 40);
  const every = Math.max(Math.ceil((layout.lastDay - layout.firstDay) / ((width - LEFT) / 88)), 1);
  for (let day = layout.firstDay; day <= layout.lastDay; day += every) {
    to.line(x(day), TOP - 8, x(day), height - 32, style.line);
    to.text(x(day) + 2, TOP - 12, dayText(dayNumber(facts.base) + day), style.faint, 11);
  }
  for (const lane of layout.lanes) to.text(8, y(lane.top + lane.height / 2) + 4, t("generation", { n: lane.generation }), style.faint, 11);
  facts.cases.infector.forEach((from, row) => {
    if (from >= 0) to.line(x(layout.x[from] as number), y(layout.y[from] as number), x(layout.x[row] as number), y(layout.y[row] as number), style.line);
  });
  for (const contact of options.contacts) to.circle(x(contact.x / scale.x), y(contact.y / scale.y), 1.2, style.contact);
  const size = Math.min(Math.max((height - TOP - 40) / layout.height / 2.2, 1.5), 5);
  facts.cases.id.forEach((_, row) => to.circle(x(layout.x[row] as number), y(layout.y[row] as number), size, style.settings[facts.cases.setting[row] as number] ?? style.faint));
  let at = 8;
  facts.settings.forEach((name, i) => {
    to.circle(at + 5, height - 14, 5, style.settings[i] ?? style.faint);
    to.text(at + 14, height - 10, name, style.text, 12);
    at += 30 + [...name].reduce((sum, c) => sum + (c.charCodeAt(0) > 255 ? 12 : 7), 0);
  });
}

export function chainSvg(facts: ChainFacts, layout: Layout, options: PictureOptions): string {
  const parts: string[] = [];
  const n = (value: number) => value.toFixed(1);
  paint(facts, layout, options, {
    line: (x1, y1, x2, y2, color) => parts.push(`<path d="M${n(x1)} ${n(y1)}L${n(x2)} ${n(y2)}" stroke="${color}" stroke-width="0.7"/>`),
    circle: (x, y, r, color) => parts.push(`<circle cx="${n(x)}" cy="${n(y)}" r="${n(r)}" fill="${color}"/>`),
    text: (x, y, words, color, size) => parts.push(`<text x="${n(x)}" y="${n(y)}" fill="${color}" font-size="${size}">${escape(words)}</text>`),
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${options.width} ${options.height}" width="${options.width}" height="${options.height}" font-family="${escape(options.style.font)}"><rect width="100%" height="100%" fill="${options.style.ground}"/>${parts.join("\n")}</svg>`;
}

export async function chainPng(facts: ChainFacts, layout: Layout, options: PictureOptions): Promise<Blob> {
  const canvas = document.createElement("canvas");
  const zoom = 2;
  canvas.width = options.width * zoom;
  canvas.height = options.height * zoom;
  const pen = canvas.getContext("2d") as CanvasRenderingContext2D;
  pen.scale(zoom, zoom);
  pen.fillStyle = options.style.ground;
  pen.fillRect(0, 0, options.width, options.height);
  pen.lineWidth = 0.7;
  paint(facts, layout, options, {
    line: (x1, y1, x2, y2, color) => { pen.strokeStyle = color; pen.beginPath(); pen.moveTo(x1, y1); pen.lineTo(x2, y2); pen.stroke(); },
    circle: (x, y, r, color) => { pen.fillStyle = color; pen.beginPath(); pen.arc(x, y, r, 0, 7); pen.fill(); },
    text: (x, y, words, color, size) => { pen.fillStyle = color; pen.font = `${size}px ${options.style.font}`; pen.fillText(words, x, y); },
  });
  return new Promise((resolve, reject) => canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("the picture is too large for this browser")))));
}
