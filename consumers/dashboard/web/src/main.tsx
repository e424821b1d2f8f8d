import { render } from "preact";
import { App } from "./app";
import { startLive } from "./live";
import { startKeys } from "./parts/palette";
import { startRouter } from "./router";
import { startTheme } from "./settings";

startTheme();
startRouter();
startKeys();
startLive();
const root = document.getElementById("root");
if (root) render(<App />, root);
