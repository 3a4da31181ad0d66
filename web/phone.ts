/** The phone of the grid worker and the checkpoint: big targets, swipe, and a queue that survives a dead network. */
import "./style/phone.css";
import { startPage } from "./frame/page";
import { startToasts } from "./frame/toasts";
import { startHtmx } from "./frame/htmx";
import { startClockRings } from "./parts/clock_ring";
import { startOutbox } from "./phone/outbox";
import { startSwipe } from "./phone/swipe";

startPage();
startToasts();
startHtmx();
startClockRings();
startSwipe();
startOutbox();
