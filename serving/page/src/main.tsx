import { render } from "preact";

import { App } from "./app";
import { startAhead } from "./network/client";
import { applyTheme } from "./ui/theme";

applyTheme();
if (typeof WebAssembly !== "undefined") {
  startAhead();
}
const page = document.getElementById("page");
if (page !== null) {
  render(<App />, page);
}
if ("serviceWorker" in navigator) {
  // A browser that keeps no service worker, as in private windows, opens the page as well, but only with a connection.
  void navigator.serviceWorker.register("service_worker.js").catch(() => undefined);
}
