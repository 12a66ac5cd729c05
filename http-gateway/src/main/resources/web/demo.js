// The demonstration's page. Everything on it comes through the client, from the keys that are subscribed to here.

import { connect } from "/replicator.js";
import { bytes, count, short, time } from "./format.js";
import { CityMap, Seats } from "./canvases.js";
import { el } from "./rows.js";
import { askForToken, token } from "./token.js";

const HEAT_CELLS = 24;
const TOP_ROWS = 10;
const TOP_ROW_PX = 42;
const TOP_MS = 500;
const LOG_ROWS = 9;
const LOG_MS = 160;
const LAG_SAMPLES = 40;
const SEATS = 1_000;

const TONES = { live: "good", open: "good", loading: "busy", "catching-up": "busy", connecting: "warn", offline: "bad", waiting: "bad", closed: "bad" };
const byId = (id) => document.getElementById(id);
const map = new CityMap(byId("map"));
const seats = new Seats(byId("seats"), SEATS);

let subscriptions = [];
let changes = 0;
let changesBefore = 0;
let changesAtMs = performance.now();
let loggedAtMs = 0;
let ranking = null;
const lagsMs = [];
const names = new Map();

// ---- What a change does to the page

/** By the part of the key before its colon. */
const handlers = {
  city({ value }, id) {
    const city = JSON.parse(value);
    names.set(id, city.name);
    map.place(id, Number(city.lng), Number(city.lat));
  },
  live({ value }, id) {
    map.pulse(id, "live");
    if (value) heat(id, value);
  },
  visitor({ deleted }, id) {
    seats.set(Number(id), !deleted);
  },
  visits({ value }) {
    byId("visits").textContent = count(Number(value));
  },
  clock({ value }) {
    lagsMs.push(Math.max(0, Date.now() - Number(value)));
    if (lagsMs.length > LAG_SAMPLES) lagsMs.shift();
  },
  top({ value }) {
    ranking = value;
  },
};

function changed(database, change) {
  changes++;
  const colon = change.key.indexOf(":");
  const kind = colon < 0 ? change.key : change.key.slice(0, colon);
  const id = change.key.slice(colon + 1);
  if (kind === "city") map.pulse(id, "city");
  if (!change.deleted || kind === "visitor") handlers[kind]?.(change, id);
  log(database, change);
}

// ---- Temperatures

const cells = new Map();

/** The first cities that change get a cell, and keep it. */
function heat(id, { name, country, celsius }) {
  let cell = cells.get(id);
  if (!cell) {
    if (cells.size >= HEAT_CELLS || subscriptions[0].state !== "live") return;
    cell = { value: el("span", { class: "value" }), trend: el("span", { class: "trend" }), celsius: null, flash: "b" };
    cell.element = el("li", {}, el("span", { class: "name" }, `${name}, ${country}`), cell.value, cell.trend);
    cells.set(id, cell);
    byId("heat").append(cell.element);
  }
  const now = Number(celsius);
  if (now === cell.celsius) return;
  cell.value.textContent = `${now.toFixed(1)} °C`;
  if (cell.celsius !== null) {
    const difference = now - cell.celsius;
    cell.trend.textContent = `${difference > 0 ? "▲" : "▼"} ${Math.abs(difference).toFixed(1)}`;
    cell.element.dataset.trend = difference > 0 ? "up" : "down";
    cell.flash = cell.flash === "a" ? "b" : "a";
    cell.element.dataset.flash = cell.flash;
  }
  cell.celsius = now;
}

// ---- The ranking

const topRows = new Map();

/** Now and then, and not at each change: thousands of members are sorted, and rows need time to move. */
function top() {
  if (ranking === null) return;
  const first = [...ranking].sort(([, a], [, b]) => b - a).slice(0, TOP_ROWS);
  ranking = null;
  const most = Math.max(1, first[0]?.[1] ?? 0);
  const shown = new Set(first.map(([id]) => id));
  for (const [id, row] of topRows) {
    if (!shown.has(id)) {
      row.element.remove();
      topRows.delete(id);
    }
  }
  first.forEach(([id, score], place) => {
    let row = topRows.get(id);
    if (!row) {
      row = { bar: el("i"), name: el("span"), score: el("b") };
      row.element = el("li", {}, row.bar, row.name, row.score);
      topRows.set(id, row);
      byId("top").append(row.element);
    }
    row.element.style.transform = `translateY(${place * TOP_ROW_PX}px)`;
    row.bar.style.width = `${(100 * score) / most}%`;
    row.name.textContent = names.get(id) ?? subscriptions[0].map.get(`live:${id}`)?.name ?? id;
    row.score.textContent = count(score);
  });
}

// ---- Some of the changes, in words

function log(database, { key, type, value, deleted }) {
  const nowMs = performance.now();
  if (nowMs - loggedAtMs < LOG_MS) return;
  loggedAtMs = nowMs;
  const row = el("li", { "data-deleted": deleted ? "" : null }, el("b", {}, database), el("span", { class: "type" }, deleted ? "deleted" : type), el("span", { title: key }, deleted ? key : `${key} ${told(type, value)}`));
  const list = byId("log");
  list.prepend(row);
  while (list.children.length > LOG_ROWS) list.lastChild.remove();
}

function told(type, value) {
  if (type === "string") return typeof value === "string" ? value.slice(0, 60) : bytes(value.length);
  if (type === "hash") return Object.entries(value).slice(0, 4).map(([field, text]) => `${field}=${text}`).join(" ");
  return `${count(value.length)} ${type === "list" ? "elements" : type === "stream" ? "entries" : "members"}`;
}

// ---- Once a second

function second() {
  const nowMs = performance.now();
  const keys = subscriptions.map((subscription) => subscription.map.size);
  byId("keys").textContent = count(keys.reduce((total, size) => total + size, 0));
  byId("keys-note").textContent = subscriptions.map((subscription, i) => `${count(keys[i])} of ${subscription.database}`).join(", ");
  byId("rate").textContent = `${short(Math.round(((changes - changesBefore) * 1000) / (nowMs - changesAtMs)))}/s`;
  byId("rate-note").textContent = `${count(changes)} in all`;
  changesBefore = changes;
  changesAtMs = nowMs;
  if (lagsMs.length > 0) byId("lag").textContent = time([...lagsMs].sort((a, b) => a - b)[lagsMs.length >> 1]);
  byId("visitors").textContent = count(seats.taken);
  byId("map-note").textContent = `${count(map.size)} places, drawn from their keys`;
  byId("map").setAttribute("aria-label", `Map of ${count(map.size)} cities; those that change light up`);
  byId("seats").setAttribute("aria-label", `${count(seats.taken)} of ${count(SEATS)} visitors are there`);
  feeds();
}

function feeds() {
  byId("feeds").replaceChildren(
    ...subscriptions.map((subscription) =>
      el(
        "li",
        { "data-database": subscription.database, "data-state": subscription.state },
        el("b", {}, subscription.database),
        el("span", { class: "patterns mono" }, subscription.patterns.join(" ")),
        el("span", { class: "state", "data-tone": TONES[subscription.state] }, subscription.state),
        el("span", { class: "note" }, `${count(subscription.map.size)} keys, cursor `, el("span", { class: "mono" }, subscription.cursor ?? "none yet")),
      ),
    ),
  );
}

// ---- The link to the hub

function link(word) {
  document.body.dataset.state = word === "open" ? "live" : word;
  byId("link").textContent = word === "open" ? "live" : word;
  byId("link").dataset.tone = TONES[word] ?? "rest";
}

function banner(text) {
  byId("banner").hidden = text === null;
  byId("banner").textContent = text ?? "";
}

const WANTED = [
  { database: 5, pattern: ["live:*", "top", "visits", "clock"] },
  { database: 0, pattern: ["city:*", "visitor:*"] },
  { database: 3, pattern: ["country:*", "published:*"] },
];

async function start() {
  link("connecting");
  let connection;
  try {
    connection = await connect(location.origin, { token, name: "demo page" });
  } catch (failure) {
    if (failure.name === "UnauthorizedError") {
      link("unauthorized");
      askForToken(start);
    } else {
      link("waiting");
      banner(`The hub cannot be reached: ${failure.message}. Trying again every 2 s.`);
      setTimeout(start, 2_000);
    }
    return;
  }
  banner(null);
  connection.on("state", (state) => {
    link(state);
    banner(state === "waiting" ? "The hub cannot be reached. The copy stays as it is, and goes on from there." : null);
  });
  subscriptions = WANTED.map((wanted) => connection.subscribe(wanted));
  for (const subscription of subscriptions) {
    subscription.on("change", (change) => changed(subscription.database, change));
    subscription.on("state", feeds);
    subscription.on("error", (failure) => banner(`This hub does not hold the demonstration's data (${failure.message}). bin/replicator demo starts one that does.`));
  }
  link(connection.state);
  second();
  setInterval(second, 1_000);
  setInterval(top, TOP_MS);
  await Promise.all(subscriptions.map((subscription) => subscription.ready)).catch(() => {});
  if (map.size === 0) banner("This hub does not hold the demonstration's data. bin/replicator demo starts one that does.");
}

start();
