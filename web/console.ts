/** The command room: frame, lists, and the large drawings when a page has them. */
import "./style/console.css";
import Alpine from "@alpinejs/csp";
import { startHtmx } from "./frame/htmx";
import { startLists } from "./frame/lists";
import { startLive } from "./frame/live";
import { startPage } from "./frame/page";
import { startPalette } from "./frame/palette";
import { startToasts } from "./frame/toasts";
import { startTray } from "./frame/tray";
import { startClockRings } from "./parts/clock_ring";
import { loadPartsWhenUsed } from "./parts/load";

startPage();
startToasts();
startHtmx();
startLive();
startTray();
startPalette();
startLists();
startClockRings();
loadPartsWhenUsed();
Alpine.start();
