// Log in, then go where one was going.

import { ask } from "./api.js";
import { showTrouble } from "./page.js";

const form = document.getElementById("login");
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const { name, password } = Object.fromEntries(new FormData(form));
  try {
    await ask("session", { name, password });
    location.replace("/");
  } catch (error) {
    showTrouble(document.getElementById("trouble"), error);
    form.elements.password.select();
  }
});
