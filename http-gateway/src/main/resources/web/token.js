// The token of a hub that wants one: asked for in a dialog, kept as long as the tab is.

import { el } from "./rows.js";

const KEY = "replicator.token";
let dialog = null;

/** What was given in this tab; empty for nothing. */
export function token() {
  try {
    return sessionStorage.getItem(KEY) ?? "";
  } catch {
    return "";
  }
}

export function forgetToken() {
  sessionStorage.removeItem(KEY);
}

/** Asks, unless it asks already; `given` is called when there is an answer. Says so where there was one before. */
export function askForToken(given) {
  if (dialog) return;
  const input = el("input", { id: "token", name: "token", type: "password", autocomplete: "off", required: true });
  const form = el(
    "form",
    { method: "dialog", id: "token-form" },
    el("h2", { id: "token-title" }, "This hub wants a token"),
    el("p", { class: "soft" }, "It is the hub's setting ", el("span", { class: "mono" }, "gateway.token"), ". The page keeps it until this tab is closed."),
    el("label", { for: "token" }, "Token"),
    input,
    token() ? el("p", { class: "wrong", role: "alert" }, "The hub did not accept the last one.") : null,
    el("menu", {}, el("button", { class: "primary" }, "Look at the hub")),
  );
  dialog = el("dialog", { id: "token-dialog", "data-testid": "token-dialog", "aria-labelledby": "token-title" }, form);
  dialog.addEventListener("cancel", (event) => event.preventDefault());
  form.addEventListener("submit", () => {
    sessionStorage.setItem(KEY, input.value.trim());
    dialog.remove();
    dialog = null;
    given();
  });
  document.body.append(dialog);
  dialog.showModal();
}
