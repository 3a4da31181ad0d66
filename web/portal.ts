/** Public pages: plain HTML that works without script; this adds theme, menus, clocks and print. */
import "./style/portal.css";
import { startPage } from "./frame/page";
import { startToasts } from "./frame/toasts";
import { startClockRings } from "./parts/clock_ring";
import { loadLightParts } from "./parts/load_light";

startPage();
startToasts();
startClockRings();
loadLightParts();
