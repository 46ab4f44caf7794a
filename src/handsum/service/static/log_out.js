// The button that logs out.

import { ask } from "./api.js";

document.getElementById("log-out").addEventListener("click", async () => {
  await ask("session", undefined, "DELETE");
  location.assign("/login");
});
