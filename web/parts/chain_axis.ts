/** Days across and generation lanes, drawn over the graph as the camera moves. */
import type Sigma from "sigma";
import { token } from "../kit/dom";
import { t } from "../kit/text";
import { dayNumber, dayText } from "../kit/time";
import type { ChainFacts, Layout } from "./chain_layout";

const STEPS = [1, 2, 7, 14, 28, 56, 112];
let style: { faint: string; line: string; surface: string; font: string } | undefined;
document.addEventListener("theme-changed", () => { style = undefined; });

export function drawAxis(canvas: HTMLCanvasElement, sigma: Sigma, facts: ChainFacts, layout: Layout, scale: { x: number; y: number }): void {
  const { width, height } = sigma.getDimensions();
  const zoom = devicePixelRatio || 1;
  if (canvas.width !== Math.round(width * zoom)) {
    canvas.width = Math.round(width * zoom);
    canvas.height = Math.round(height * zoom);
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
  }
  const pen = canvas.getContext("2d") as CanvasRenderingContext2D;
  style ??= { faint: token("text-2"), line: token("line"), surface: token("surface"), font: token("font") };
  const origin = sigma.graphToViewport({ x: 0, y: 0 });
  const unit = sigma.graphToViewport({ x: scale.x, y: -scale.y });
  const [dx, dy] = [unit.x - origin.x, unit.y - origin.y];
  pen.setTransform(zoom, 0, 0, zoom, 0, 0);
  pen.clearRect(0, 0, width, height);
  pen.font = `11px ${style.font}`;
  pen.fillStyle = style.surface;
  pen.globalAlpha = 0.85;
  pen.fillRect(0, 0, width, 20);
  pen.globalAlpha = 1;
  const step = STEPS.find((days) => days * dx >= 76) ?? 224;
  const base = dayNumber(facts.base);
  const first = Math.ceil((Math.max(-origin.x / dx, layout.firstDay)) / step) * step;
  pen.strokeStyle = style.line;
  pen.fillStyle = style.faint;
  for (let day = first; day <= layout.lastDay + step && origin.x + day * dx < width; day += step) {
    const x = Math.round(origin.x + day * dx) + 0.5;
    pen.beginPath();
    pen.moveTo(x, 20);
    pen.lineTo(x, 26);
    pen.stroke();
    pen.fillText(dayText(base + day), x + 2, 14);
  }
  let lastY = -Infinity;
  for (const lane of layout.lanes) {
    const y = origin.y + (lane.top + lane.height / 2) * dy;
    if (y < 32 || y > height || y - lastY < 14) continue;
    lastY = y;
    const words = t("generation", { n: lane.generation });
    pen.globalAlpha = 0.8;
    pen.fillStyle = style.surface;
    pen.fillRect(2, y - 8, pen.measureText(words).width + 8, 15);
    pen.globalAlpha = 1;
    pen.fillStyle = style.faint;
    pen.fillText(words, 6, y + 4);
  }
}
