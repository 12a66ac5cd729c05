// The operator's page: asks the hub for its status each second, and shows it. Uses GET /v1/status only.

import { Chart, linear, logTime } from "./chart.js";
import { bytes, clock, count, ratio, short, time } from "./format.js";
import { el, Rows, state } from "./rows.js";
import { askForToken, forgetToken, token } from "./token.js";

const POLL_MS = 1_000;
const TIMEOUT_MS = 5_000;
const RETRY_MS = 2_000;
const SPAN_MS = 300_000;
const BEHIND_MS = 2_000;

const TONES = {
  stalled: "bad", behind: "warn", loading: "busy", live: "good", current: "good", "catching-up": "busy", streaming: "good",
  connecting: "warn", failed: "bad", stopped: "warn", handshake: "rest", draining: "rest", closing: "rest",
};
const badge = (word) => state(word, TONES[word] ?? "rest");
const byId = (id) => document.getElementById(id);

// ---- What is shown

const unfolded = new Set();
// The status that rates are counted from, null after a gap; and what is on the page, null before the first answer.
let baseline = null;
let view = null;
let lastHeardMs = 0;

const charts = {
  changes: new Chart(byId("chart-changes"), {
    title: "Changes a second",
    spanMs: SPAN_MS,
    axis: linear(10),
    format: short,
    series: [{ name: "into the hub", tone: 2 }, { name: "sent, all sessions", tone: 1, area: true }],
  }),
  wire: new Chart(byId("chart-wire"), {
    title: "Bytes a second, all sessions",
    spanMs: SPAN_MS,
    axis: linear(1_000),
    format: bytes,
    series: [{ name: "before compression", tone: 3 }, { name: "on the wire", tone: 1, area: true }],
  }),
  lag: new Chart(byId("chart-lag"), {
    title: "Lag over all lanes",
    spanMs: SPAN_MS,
    axis: logTime(10_000),
    format: time,
    series: [{ name: "most", tone: 3 }, { name: "99 %", tone: 2 }, { name: "half", tone: 1, area: true }],
    limit: { value: BEHIND_MS, name: "falls behind" },
  }),
};

const sources = new Rows(
  byId("sources"),
  [
    { name: "Source", lead: true, cell: ({ source }) => [el("span", { class: "mono" }, source.address), ...unsupported(source)] },
    { name: "State", cell: ({ source }) => [badge(source.state.toLowerCase()), detail(source)] },
    { name: "Changes", right: true, cell: ({ rate, source }) => figure(rate === null ? "–" : `${short(rate)}/s`, `${count(source.commands)} commands`) },
    { name: "Offset", right: true, cell: ({ source }) => count(source.offset) },
    { name: "Spool", right: true, cell: ({ source }) => bytes(source.spoolBytes) },
  ],
  "No source: the hub owns its databases itself.",
);

const lanes = new Rows(
  byId("lanes"),
  [
    { name: "Lane", lead: true, cell: (lane) => [el("b", {}, lane.database), " ", el("span", { class: "soft" }, lane.qos)] },
    { name: "State", cell: (lane) => Object.entries(lane.states).map(([word, number]) => el("div", { class: "counted" }, badge(word), ` ${count(number)}`)) },
    { name: "Lag half / 99 %", right: true, cell: (lane) => `${time(lane.lagMsP50)} / ${time(lane.lagMsP99)}` },
    { name: "Most", right: true, cell: (lane) => figure(time(lane.lagMsMax), `${count(lane.lagVersionsMax)} versions`) },
    { name: "Merged away", right: true, cell: (lane) => figure(bytes(lane.mergedBytes), `${short(lane.changesMerged)} changes`) },
    { name: "Raw → wire", right: true, cell: (lane) => figure(`${bytes(lane.plainBytes)} → ${bytes(lane.wireBytes)}`, ratio(lane.plainBytes, lane.wireBytes)) },
  ],
  "No client has connected yet.",
);

const databases = new Rows(
  byId("databases"),
  [
    { name: "Database", lead: true, cell: ({ database }) => [el("b", {}, database.name), " ", el("span", { class: "soft" }, database.qos)] },
    { name: "State", cell: ({ database }) => badge(database.loading ? "loading" : "current") },
    { name: "Origin", cell: ({ database }) => database.origin },
    { name: "Keys", right: true, cell: ({ database }) => count(database.keys) },
    { name: "Size", right: true, cell: ({ database }) => bytes(database.bytes) },
    { name: "Head", right: true, cell: ({ database }) => count(database.head) },
    { name: "Versions", right: true, cell: ({ rate }) => (rate === null ? "–" : `${short(rate)}/s`) },
    { name: "Horizon", right: true, cell: ({ database }) => count(database.horizon) },
    { name: "Tombstones", right: true, cell: ({ database }) => count(database.tombstones) },
  ],
  "No database is served.",
);

const sessions = new Rows(
  byId("sessions"),
  [
    { name: "Client", lead: true, cell: ({ session }) => client(session) },
    { name: "State", cell: ({ session }) => badge(session.state) },
    { name: "Lag", right: true, cell: ({ session }) => lag(session) },
    { name: "Subscriptions", cell: ({ session }) => subscriptions(session) },
    { name: "Wire", right: true, cell: ({ session, rate }) => figure(rate === null ? "–" : `${bytes(rate)}/s`, bytes(sum(session, "wireBytes"))) },
    { name: "Saved by merging", right: true, cell: ({ session }) => figure(bytes(sum(session, "mergedBytes")), `${short(sum(session, "changesMerged"))} changes`) },
    { name: "By compression", right: true, cell: ({ session }) => compression(session) },
    { name: "In flight / window", right: true, cell: ({ session }) => flight(session) },
    { name: "Round trip", right: true, cell: ({ session }) => figure(time(session.rttMs), `${bytes(session.deliveryBytesPerSecond)}/s`) },
  ],
  "No session.",
);

const laneColumns = [
  ["Lane", (lane) => `${lane.database} ${lane.qos}`],
  ["State", (lane) => badge(lane.state)],
  ["Cursor", (lane) => count(lane.cursor)],
  ["Head", (lane) => count(lane.head)],
  ["Behind", (lane) => `${count(lane.lagVersions)} versions`],
  ["Lag", (lane) => time(lane.lagMs)],
  ["Records sent", (lane) => count(lane.records)],
  ["Merged away", (lane) => `${count(lane.changesMerged)} changes, ${bytes(lane.mergedBytes)}`],
  ["Raw → blocks → wire", (lane) => `${bytes(lane.plainBytes)} → ${bytes(lane.blockBytes)} → ${bytes(lane.wireBytes)}`],
];

// ---- Cells

function figure(big, sub) {
  return [el("span", { class: "big" }, big), el("span", { class: "sub" }, sub)];
}

function sum(session, what) {
  return session.lanes.reduce((total, lane) => total + lane[what], 0);
}

function highest(list, what) {
  return list.reduce((most, lane) => Math.max(most, lane[what]), 0);
}

function client(session) {
  const open = unfolded.has(session.id);
  const button = el("button", { class: "unfold", type: "button", "aria-expanded": String(open), "data-session": session.id, "data-focus": "unfold" }, session.clientName || "not said yet");
  return [button, el("span", { class: "sub" }, `${session.transport} `, el("span", { class: "mono" }, session.address), " ", el("span", { class: "whole" }, `· ${time(view.status.atMs - session.connectedAtMs)}`))];
}

function lag(session) {
  return [el("span", { class: "big lag" }, time(highest(session.lanes, "lagMs"))), el("span", { class: "sub" }, `${count(highest(session.lanes, "lagVersions"))} versions`)];
}

function subscriptions(session) {
  const chips = [];
  for (const lane of session.lanes) {
    const patterns = lane.patterns.length === 0 ? ["*"] : lane.patterns;
    for (const pattern of patterns.slice(0, 4)) chips.push(el("span", { class: "chip" }, el("b", {}, lane.database), ` ${pattern}`));
    if (patterns.length > 4) chips.push(el("span", { class: "soft" }, `+${patterns.length - 4} `));
  }
  const more = session.laneCount - session.lanes.length;
  if (more > 0) chips.push(el("span", { class: "soft" }, `and ${count(more)} more`));
  return chips.length > 0 ? chips : "none";
}

function compression(session) {
  const plain = sum(session, "plainBytes");
  const blocks = sum(session, "blockBytes");
  return figure(bytes(Math.max(0, plain - blocks)), ratio(plain, blocks));
}

function flight(session) {
  const bar = el("i");
  bar.style.width = `${Math.min(100, (100 * session.inFlightBytes) / Math.max(1, session.windowBytes)).toFixed(0)}%`;
  return [el("span", {}, `${bytes(session.inFlightBytes)} / ${bytes(session.windowBytes)}`), el("span", { class: "meter", "aria-hidden": "true" }, bar)];
}

function unsupported(source) {
  return Object.entries(source.unsupported).map(([kind, number]) => el("div", {}, el("span", { class: "chip warn" }, `not captured: ${count(number)} × ${kind}`)));
}

function detail(source) {
  return source.detail ? el("span", { class: "sub" }, source.detail) : null;
}

function laneTable(session) {
  const head = el("tr", {}, laneColumns.map(([name]) => el("th", { scope: "col" }, name)));
  const body = session.lanes.map((lane) => el("tr", {}, laneColumns.map(([name, cell]) => el("td", { "data-label": name }, cell(lane)))));
  return el("table", {}, el("caption", { class: "unseen" }, `Lanes of ${session.clientName}`), el("thead", {}, head), el("tbody", {}, body));
}

// ---- From one status to the next

/** What `now` and the baseline's `then` are a second; null where one of them is missing. */
function perSecond(status, now, then) {
  const seconds = baseline ? (status.atMs - baseline.atMs) / 1000 : 0;
  return seconds > 0 && then !== undefined ? Math.max(0, (now - then) / seconds) : null;
}

function take(status) {
  const was = (list, key, item) => baseline?.[list].find((other) => other[key] === item[key]);
  const wireBefore = new Map(baseline?.sessions.map((session) => [session.id, sum(session, "wireBytes")]));
  view = {
    status,
    sources: status.sources.map((source) => ({ source, rate: perSecond(status, source.commands, was("sources", "address", source)?.commands) })),
    databases: status.databases.map((database) => ({ database, rate: perSecond(status, database.head, was("databases", "name", database)?.head) })),
    sessions: status.sessions.map((session) => ({ session, rate: perSecond(status, sum(session, "wireBytes"), wireBefore.get(session.id)) })),
    records: perSecond(status, status.totals.records, baseline?.totals.records),
    wire: perSecond(status, status.totals.wireBytes, baseline?.totals.wireBytes),
    plain: perSecond(status, status.totals.plainBytes, baseline?.totals.plainBytes),
  };
  baseline = status;
  lastHeardMs = Date.now();
  const rates = view.databases.map(({ rate }) => rate).filter((rate) => rate !== null);
  const changes = rates.length > 0 ? rates.reduce((total, rate) => total + rate, 0) : null;
  const { lanes: all, sessions: connected } = status.totals;
  const lag = (what) => (connected === 0 ? null : highest(all, what));
  charts.changes.add(lastHeardMs, [changes, view.records]);
  charts.wire.add(lastHeardMs, [view.plain, view.wire]);
  charts.lag.add(lastHeardMs, [lag("lagMsMax"), lag("lagMsP99"), lag("lagMsP50")]);
}

function draw() {
  const { status } = view;
  byId("main").hidden = false;
  about(status);
  figures();
  sources.show(view.sources, ({ source }) => ({ key: source.address, attributes: { "data-state": source.state.toLowerCase() } }));
  lanes.show(status.totals.lanes, (lane) => ({ key: `${lane.database} ${lane.qos}` }));
  databases.show(view.databases, ({ database }) => ({ key: database.name, attributes: { "data-database": database.name } }));
  sessions.show(steady(view.sessions), ({ session }) => {
    const tone = TONES[session.state];
    return {
      key: session.id,
      attributes: { "data-session": session.id, "data-state": session.state, "data-tone": tone === "bad" || tone === "warn" ? tone : null },
      detail: unfolded.has(session.id) ? laneTable(session) : null,
    };
  });
  const shown = status.sessions.length;
  const found = status.sessionsFound === status.totals.sessions ? "" : ` found of ${count(status.totals.sessions)}`;
  byId("sessions-count").textContent = shown < status.sessionsFound ? `first ${count(shown)} of ${count(status.sessionsFound)}${found}` : `${count(shown)}${found}`;
}

/** The hub's order, but those that keep up stay in place: a row that moves each second cannot be read. */
function steady(rows) {
  if (byId("sort").value !== "lag") return rows;
  const rank = ({ session }) => ["bad", "warn"].indexOf(TONES[session.state]) >>> 0;
  const lagMs = ({ session }) => highest(session.lanes, "lagMs");
  return [...rows].sort((a, b) => rank(a) - rank(b) || (rank(a) <= 1 ? lagMs(b) - lagMs(a) : 0) || a.session.id - b.session.id);
}

function about(status) {
  const part = (name, value) => el("span", {}, `${name} `, el("b", {}, value));
  byId("about").replaceChildren(
    part("at", status.address),
    part("up", time(status.atMs - status.startedAtMs)),
    part("epoch", el("span", { class: "mono" }, status.epoch)),
  );
}

function figures() {
  const { totals } = view.status;
  const transports = Object.entries(totals.transports).map(([name, number]) => `${count(number)} ${name}`).join(", ");
  const rows = [
    sourceFigure(view.status.sources),
    { name: "Sessions", value: count(totals.sessions), note: transports || "none connected" },
    behindFigure(view.status),
    { name: "Most lag", value: totals.sessions > 0 ? time(highest(totals.lanes, "lagMsMax")) : "–", note: `99 % under ${time(highest(totals.lanes, "lagMsP99"))}` },
    { name: "Sent", value: `${short(view.records ?? totals.recordsPerSecond)}/s`, note: `${short(totals.records)} in all` },
    { name: "On the wire", value: `${bytes(view.wire ?? totals.wireBytesPerSecond)}/s`, note: `${bytes(totals.wireBytes)} in all` },
    { name: "Merged away", value: bytes(totals.mergedBytes), note: `${short(totals.changesMerged)} changes never sent` },
    { name: "Compressed", value: ratio(totals.plainBytes, totals.blockBytes), note: `${bytes(Math.max(0, totals.plainBytes - totals.blockBytes))} saved` },
  ];
  byId("figures").replaceChildren(
    ...rows.map(({ name, value, note, tone, word }) =>
      el("div", { "data-tone": tone }, el("dt", {}, name), el("dd", { class: word ? "word" : null }, value), el("dd", { class: "note" }, note)),
    ),
  );
}

function sourceFigure(all) {
  if (all.length === 0) return { name: "Source", value: "none", word: true, note: "the hub owns its data" };
  const worst = all.find((source) => source.state !== "STREAMING") ?? all[0];
  const word = worst.state.toLowerCase();
  const missed = all.flatMap((source) => Object.values(source.unsupported)).reduce((total, number) => total + number, 0);
  const note = missed > 0 ? el("a", { href: "#sources-title" }, `${count(missed)} not captured`) : worst.address;
  return { name: "Source", value: word, word: true, note, tone: TONES[word] === "good" ? (missed > 0 ? "warn" : null) : (TONES[word] ?? null) };
}

function behindFigure({ totals, sessions: shown }) {
  const behind = (totals.states.stalled ?? 0) + (totals.states.behind ?? 0);
  document.title = behind > 0 ? `(${count(behind)} behind) Replicator hub` : "Replicator hub";
  if (behind === 0) return { name: "Falling behind", value: "0", note: totals.sessions > 0 ? "everybody keeps up" : "" };
  const first = shown.find((session) => ["bad", "warn"].includes(TONES[session.state]));
  const note = first ? el("a", { href: "#sessions-title" }, `${first.clientName}: ${first.state}`) : "";
  return { name: "Falling behind", value: count(behind), note, tone: totals.states.stalled ? "bad" : "warn" };
}

// ---- The link to the hub

function link(name, word, tone) {
  document.body.dataset.state = name;
  const badgeNow = byId("link");
  if (badgeNow.textContent !== word) badgeNow.textContent = word;
  badgeNow.dataset.tone = tone;
}

async function fetchStatus() {
  const query = new URLSearchParams({ sessions: byId("limit").value, sort: byId("sort").value, search: byId("search").value });
  const response = await fetch(`/v1/status?${query}`, {
    headers: token() ? { authorization: `Bearer ${token()}` } : {},
    signal: AbortSignal.timeout(TIMEOUT_MS),
    cache: "no-store",
  });
  if (response.status === 401) return null;
  if (!response.ok) {
    const problem = await response.json().catch(() => ({}));
    throw new Error(problem.detail ?? `the hub answered ${response.status}`);
  }
  return response.json();
}

function unreachable(failure) {
  const since = lastHeardMs === 0 ? "" : ` What you see is from ${clock(lastHeardMs)}, ${time(Date.now() - lastHeardMs)} ago.`;
  const reason = failure.name === "TimeoutError" ? `no answer within ${time(TIMEOUT_MS)}` : failure instanceof TypeError ? "no connection" : failure.message;
  byId("banner").textContent = `The hub cannot be reached: ${reason}.${since} Trying again every ${time(RETRY_MS)}.`;
  byId("banner").hidden = false;
  link("unreachable", "unreachable", "bad");
  for (const chart of Object.values(charts)) chart.add(Date.now(), [null, null, null]);
  baseline = null;
}

let timer = 0;
let asking = false;
let askAgain = false;

/** Asks, shows, and comes again. One request at a time, and none while nobody sees the page. */
async function ask() {
  clearTimeout(timer);
  askAgain = asking;
  if (asking || document.hidden) return;
  asking = true;
  let pauseMs = POLL_MS;
  const askedMs = Date.now();
  try {
    const status = await fetchStatus();
    if (status === null) {
      link("unauthorized", "token needed", "warn");
      askForToken(ask);
      pauseMs = null;
    } else {
      take(status);
      draw();
      byId("banner").hidden = true;
      byId("forget").hidden = !token();
      link("live", "live", "good");
    }
  } catch (failure) {
    unreachable(failure);
    pauseMs = RETRY_MS;
  } finally {
    asking = false;
  }
  if (askAgain) ask();
  else if (pauseMs !== null) timer = setTimeout(ask, Math.max(100, pauseMs - (Date.now() - askedMs)));
}

byId("forget").addEventListener("click", () => {
  forgetToken();
  byId("forget").hidden = true;
  ask();
});
byId("filter").addEventListener("submit", (event) => event.preventDefault());
byId("filter").addEventListener("input", ask);
byId("sessions").addEventListener("click", (event) => {
  const button = event.target.closest(".unfold");
  if (!button) return;
  const id = Number(button.dataset.session);
  if (!unfolded.delete(id)) unfolded.add(id);
  if (view) draw();
});
document.addEventListener("visibilitychange", ask);
ask();
