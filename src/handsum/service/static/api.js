// Requests to the API: the page's token goes with them, problems come back as errors.

import { hasText, text } from "./page.js";

let token = document.querySelector('meta[name="csrf-token"]').content;

/** A problem that the API reported, in the page's language where there is a text for it. */
export class Problem extends Error {
  constructor(tree) {
    super(describe(tree));
    this.code = tree.code;
    this.status = tree.status;
  }
}

const reasons = JSON.parse(document.getElementById("meanings")?.textContent ?? "[]")
  .map(([pattern, told]) => [new RegExp(pattern, "s"), told]);

/**
 * What went wrong and what to do, by the error's code; else in the server's own words, on a page in
 * another language after what they mean.
 */
export function describe({ code, detail, message, remedy }) {
  if (hasText(`error.${code}`)) return text(`error.${code}`);
  const said = detail ?? message ?? "";
  // Below its first line a message shows what was typed, with a caret under it.
  const exact = `${said.split("\n  ")[0].trimEnd()} ${remedy ?? ""}`.trim();
  const meant = meaning(said);
  return meant ? text("common.exact", { meant, exact }) : exact;
}

/** A note of the server, in the page's language where it has the words. */
export function inLanguage(note) {
  return meaning(note) || note;
}

/** What a message of the server means, in the page's language; "" where that is not known. */
function meaning(message) {
  for (const [pattern, told] of reasons) {
    const groups = message.match(pattern);
    if (!groups) continue;
    const filled = told.replace(/\{(\d)\}/g, (_, n) => inOurWords(groups[n] ?? ""));
    const where = message.match(/(?:field|table) "[^"]*"(?:, column (?:"[^"]*"|\d+))?/)?.[0];
    return where && !groups[0].includes(where) ? `${inOurWords(where)}${text("common.colon")}${filled}` : filled;
  }
  return "";
}

/** The words for parts of a form, where a message names one. */
function inOurWords(named) {
  return named.replace(/(field|table|column) ("[^"]*"|\d+)/g, (_, kind, name) => text(`common.named_${kind}`, { name: name.replaceAll('"', "") }))
    .replace(", ", "");
}

/** Send a request; the response, or a Problem. */
export async function send(path, { method = "POST", body, type, signal, keepalive } = {}, again = true) {
  const headers = { "X-CSRF-Token": token };
  if (type) headers["Content-Type"] = type;
  let response;
  try {
    response = await fetch(`/api/v1/${path}`, { method, body, headers, signal, keepalive });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem({ code: "unreachable", detail: text("common.failed") });
  }
  if (response.ok) return response;
  const tree = await response.json().catch(() => ({ code: "service", detail: response.statusText }));
  if (tree.code === "cross_site" && again) {
    // The server was started anew since this page was loaded.
    const session = await fetch("/api/v1/session").then((answer) => answer.json());
    token = session.csrf;
    return send(path, { method, body, type, signal }, false);
  }
  if (response.status === 401 && path !== "session") location.assign("/login");
  throw new Problem({ status: response.status, ...tree });
}

/** Send JSON, get JSON. */
export async function ask(path, tree, method = "POST", keepalive = false) {
  const body = tree === undefined ? undefined : JSON.stringify(tree);
  const response = await send(path, { method, body, type: body && "application/json", keepalive });
  return response.status === 204 ? null : response.json();
}

/** Hand a response to the user as a file. */
export async function save(response, name) {
  const address = URL.createObjectURL(await response.blob());
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
