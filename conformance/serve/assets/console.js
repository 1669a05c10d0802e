// The console: what the control API tells, as it changes. Texts of messages only
// ever become text nodes.
const $ = id => document.getElementById(id);

function el(tag, attrs = {}, ...children) {
  const e = document.createElement(tag);
  for (const [k, v] of Object.entries(attrs)) {
    if (k.startsWith("on")) e.addEventListener(k.slice(2), v);
    else if (v !== undefined && v !== false) e.setAttribute(k, v);
  }
  e.append(...children.filter(c => c !== undefined && c !== null));
  return e;
}

function tell(problem) {
  $("error").hidden = !problem;
  $("error").textContent = problem || "";
}

async function api(path, body) {
  const init = body === undefined ? {} : { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  const r = await fetch("/api/v1/" + path, init);
  const text = await r.text();
  if (!r.ok) {
    let detail = text;
    try { detail = JSON.parse(text).detail; } catch { /* it is text */ }
    throw new Error(detail);
  }
  return text ? JSON.parse(text) : null;
}

// act does something on a user's word, and tells what went wrong.
const act = f => async e => {
  e?.preventDefault?.();
  try { tell(""); await f(e); } catch (problem) { tell(problem.message); }
};

const time = t => t ? new Date(t).toISOString().replace("T", " ").slice(0, 23) : "";
const count = (n, one, many) => n + " " + (n === 1 ? one : many);
const status = s => el("span", { class: "status " + s }, s);

// Messages: a list of which only what is seen is in the page.
const rowHeight = 32, chunk = 50, most = 56;
const list = { total: 0, chunks: new Map(), selected: 0, at: -1, differs: new Set() };

function query() {
  const q = new URLSearchParams(new FormData($("filter")));
  for (const k of [...q.keys()]) if (!q.get(k)) q.delete(k);
  return q;
}

async function loadChunk(n) {
  if (list.chunks.has(n)) return;
  const mine = [];
  list.chunks.set(n, mine);
  const q = query();
  q.set("limit", chunk);
  q.set("offset", n * chunk);
  const page = await api("messages?" + q);
  if (list.chunks.get(n) !== mine) return;
  mine.push(...page.messages);
  list.total = page.total;
  draw();
}

function draw() {
  const box = $("list"), rows = $("rows");
  rows.style.height = list.total * rowHeight + "px";
  $("total").textContent = list.total.toLocaleString("en");
  const first = Math.max(0, Math.floor(box.scrollTop / rowHeight) - 6);
  const last = Math.min(list.total, first + Math.min(most, Math.ceil(box.clientHeight / rowHeight) + 12));
  const fresh = [];
  for (let i = first; i < last; i++) {
    const m = list.chunks.get(Math.floor(i / chunk))?.[i % chunk];
    const attrs = { class: "row", role: "option", id: "row-" + i, "aria-setsize": list.total, "aria-posinset": i + 1, "aria-selected": m && m.id === list.selected };
    attrs["aria-selected"] = m && m.id === list.selected ? "true" : "false";
    const row = m ? el("div", { ...attrs, onclick: () => choose(i) }, status(m.delivery_status),
      list.differs.has(m.id) ? el("span", { class: "differs", title: "the receiver's state differs" }, "≠") : "",
      el("span", { class: "key" }, m.campaign_id + " / " + m.user_id + " / " + m.idempotency_key), el("small", {}, time(m.scheduled_at).slice(11, 19)))
      : el("div", attrs, "…");
    row.style.top = i * rowHeight + "px";
    fresh.push(row);
  }
  rows.replaceChildren(...fresh);
  for (let n = Math.floor(first / chunk); n <= Math.floor(Math.max(first, last - 1) / chunk); n++) loadChunk(n).catch(e => tell(e.message));
  if (list.total === 0) loadChunk(0).catch(e => tell(e.message));
}

function refreshList() {
  list.chunks.clear();
  loadChunk(Math.floor($("list").scrollTop / rowHeight / chunk)).catch(e => tell(e.message));
}

async function choose(i) {
  await loadChunk(Math.floor(i / chunk));
  const m = list.chunks.get(Math.floor(i / chunk))?.[i % chunk];
  if (!m) return;
  list.at = i;
  list.selected = m.id;
  $("list").setAttribute("aria-activedescendant", "row-" + i);
  const top = i * rowHeight, box = $("list");
  if (top < box.scrollTop) box.scrollTop = top;
  if (top + rowHeight > box.scrollTop + box.clientHeight) box.scrollTop = top + rowHeight - box.clientHeight;
  draw();
  await detail();
}

$("list").addEventListener("scroll", () => requestAnimationFrame(draw), { passive: true });
$("list").addEventListener("keydown", act(async e => {
  const page = Math.max(1, Math.floor($("list").clientHeight / rowHeight) - 1);
  const to = { ArrowDown: list.at + 1, ArrowUp: list.at - 1, PageDown: list.at + page, PageUp: list.at - page, Home: 0, End: list.total - 1 }[e.key];
  if (to === undefined) return;
  await choose(Math.max(0, Math.min(list.total - 1, to)));
}));
$("filter").addEventListener("input", () => { list.at = -1; $("list").scrollTop = 0; refreshList(); });
$("filter").addEventListener("submit", e => e.preventDefault());

// One message.
async function detail() {
  if (!list.selected) return;
  const id = list.selected;
  const [m, sent, seen] = await Promise.all([api("messages/" + id), api("deliveries?limit=1000&message=" + id),
    compares ? api("messages/" + id + "/states").catch(e => ({ problem: e.message })) : null]);
  if (id !== list.selected) return;
  const key = { campaign_id: m.campaign_id, user_id: m.user_id, idempotency_key: m.idempotency_key };
  const button = (label, f) => el("button", { onclick: act(f) }, label);
  const open = new Set([...$("detail").querySelectorAll("details[open]")].map(d => d.dataset.id));
  const table = el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "History" }, el("table", {}, el("thead", {}, el("tr", {}, ...["entry", "status", "method", "device", "at", "webhooks", "again"].map(h => el("th", { scope: "col" }, h)))),
    el("tbody", {}, ...m.history.map((c, i) => el("tr", {}, el("td", {}, m.id + "." + i), el("td", {}, status(c.delivery_status)), el("td", {}, c.delivery_method),
      el("td", { title: c.device_token }, (c.device_token || "all").slice(0, 10)), el("td", { title: time(c.timestamp) }, time(c.timestamp).slice(11)),
      el("td", {}, c.dropped ? "left out" : c.waiting ? "waits" : (c.deliveries || []).join(", ")),
      el("td", {}, button("Send again", () => api("resend", { requests: [[m.id + "." + i]] }))))))));
  $("detail").replaceChildren(
    el("h3", {}, m.campaign_id + " / " + m.user_id + " / " + m.idempotency_key),
    el("p", {}, status(m.delivery_status), " planned as " + m.planned_delivery_method + (m.next ? ", next step at " + time(m.next) : "")),
    el("p", {}, button("Deliver", () => api("deliver", key)), " ", button("Open", () => api("open", key)), " ", button("Fail", () => api("fail", key)), " ", button("Cancel", () => api("cancel", key)), " ",
      button("Send all again", () => api("resend", { requests: [m.history.map((_, i) => m.id + "." + i)] })), " ", button("Lose the next acknowledgement", () => setFaults({ lose_next_ack: true })), " ",
      button("Save as scenario", () => save(new URLSearchParams({ message: m.id })))),
    ...states(seen), el("h3", {}, "History"), table, el("h3", {}, "Content"), el("pre", {}, JSON.stringify(m.content, null, 1)),
    el("h3", {}, "Webhooks"), ...sent.deliveries.map(d => delivery(d, open)));
}

// states are the true states of a message beside the receiver's.
const compares = document.body.dataset.compares === "true";
function states(seen) {
  if (!seen) return [];
  if (seen.problem) return [el("p", { class: "differs" }, seen.problem)];
  return [el("h3", {}, "True and the receiver's state" + (seen.arrived ? "" : " (not all has arrived yet)")),
    el("table", { id: "states" }, el("thead", {}, el("tr", {}, ...["device", "true", "receiver", ""].map(h => el("th", { scope: "col" }, h)))),
      el("tbody", {}, ...seen.states.map(s => el("tr", {}, el("td", { title: s.device_token }, (s.device_token || "all").slice(0, 10)), el("td", {}, status(s.want)),
        el("td", {}, s.got ? status(s.got.delivery_status) : "not known"), el("td", { class: s.what && seen.arrived ? "differs" : "" }, s.what || "")))))];
}

// delivery is one webhook request, told in full when it is opened.
function delivery(d, open) {
  const last = d.attempts[d.attempts.length - 1];
  const what = last ? (last.running ? "under way" : last.status || last.error) : "not sent yet";
  const body = el("div");
  const box = el("details", { "data-id": d.id, ontoggle: act(async () => {
    if (!box.open) return;
    const full = await api("deliveries/" + d.id);
    body.replaceChildren(
      el("div", { class: "scroll" }, el("table", {}, el("tbody", {}, ...full.attempts.map(a => el("tr", {}, el("td", {}, "#" + a.number), el("td", {}, time(a.start)),
        el("td", { class: "text" }, a.running ? "under way" : String(a.status || a.error)), el("td", {}, a.fault || ""), el("td", { class: "text" }, a.body || ""), el("td", {}, a.duration_ms + " ms")))))),
      el("p", {}, el("button", { onclick: act(() => api("resend", { delivery: d.id })) }, "Send again")),
      el("pre", {}, full.request), el("pre", {}, full.curl));
  }) }, el("summary", {}, status(d.outcome), ` ${d.id}: ${count(d.entries.length, "entry", "entries")}, ${count(d.attempts.length, "attempt", "attempts")}, ${what}` + (d.due ? ", next at " + time(d.due) : "")), body);
  if (open?.has(String(d.id))) box.open = true;
  return box;
}

async function deliveries() {
  const q = new URLSearchParams(new FormData($("outcome")));
  if (!q.get("outcome")) q.delete("outcome");
  q.set("limit", 100);
  const page = await api("deliveries?" + q);
  const open = new Set([...$("requests").querySelectorAll("details[open]")].map(d => d.dataset.id));
  $("requests").replaceChildren(...page.deliveries.map(d => delivery(d, open)));
  if (page.deliveries.length === 0) $("requests").textContent = "None yet.";
}
$("outcome").addEventListener("input", act(deliveries));

// The queue, whose order is the page's own until it is released.
let order = [];
async function queue() {
  const q = await api("queue");
  $("waiting").textContent = q.total || "";
  $("held").textContent = q.held ? "held" : "running";
  const known = new Map(q.entries.map(e => [e.entry, e]));
  order = order.filter(e => known.has(e));
  for (const e of known.keys()) if (!order.includes(e)) order.push(e);
  showQueue(known);
}
let shownQueue = new Map();
function showQueue(known = shownQueue) {
  shownQueue = known;
  const focused = document.activeElement?.dataset?.entry;
  $("entries").replaceChildren(...order.map((name, i) => {
    const e = known.get(name);
    return el("li", { draggable: "true", tabindex: 0, "data-entry": name, "aria-label": `${e.delivery_status} of ${e.idempotency_key}, place ${i + 1}`,
      ondragstart: ev => ev.dataTransfer.setData("text/plain", name),
      ondragover: ev => { ev.preventDefault(); ev.currentTarget.classList.add("over"); },
      ondragend: () => { for (const li of $("entries").children) li.classList.remove("over"); },
      ondragleave: ev => ev.currentTarget.classList.remove("over"),
      ondrop: ev => { ev.preventDefault(); move(ev.dataTransfer.getData("text/plain"), i); },
      onkeydown: ev => { if (ev.altKey && (ev.key === "ArrowUp" || ev.key === "ArrowDown")) { ev.preventDefault(); move(name, i + (ev.key === "ArrowUp" ? -1 : 1)); } } },
    status(e.delivery_status), el("span", {}, e.campaign_id + " / " + e.user_id + " / " + e.idempotency_key), el("small", {}, (e.device_token || "").slice(0, 10)),
    el("button", { onclick: act(() => api("release", { entries: [name], only: true })) }, "Release"));
  }));
  if (focused) $("entries").querySelector(`[data-entry="${CSS.escape(focused)}"]`)?.focus();
}
function move(name, to) {
  const from = order.indexOf(name);
  if (from < 0 || to < 0 || to >= order.length) return;
  order.splice(from, 1);
  order.splice(to, 0, name);
  showQueue();
}
$("hold").addEventListener("click", act(() => api("hold", {})));
$("reverse").addEventListener("click", () => { order.reverse(); showQueue(); });
$("release").addEventListener("click", act(() => api("release", { entries: order, batch: $("single").checked ? 1 : 100 })));

// save hands a scenario of what happened, and of what waits, to the browser.
async function save(q) {
  const r = await fetch("/api/v1/export?" + q);
  const text = await r.text();
  if (!r.ok) throw new Error(JSON.parse(text).detail);
  const link = el("a", { href: URL.createObjectURL(new Blob([text], { type: "application/yaml" })), download: "scenario.yaml" });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
$("save").addEventListener("click", act(() => {
  const q = new URLSearchParams({ batch: $("single").checked ? 1 : 100 });
  const messages = new Set(order.map(e => e.split(".")[0]));
  if (messages.size <= 100) q.set("message", [...messages].join(","));
  if (!messages.size) q.delete("message");
  if (order.length) q.set("entry", order.join(","));
  return save(q);
}));

// Faults and clock.
const shares = ["duplicate", "reorder", "drop", "lost-ack", "slow", "reset"];
const presets = {
  calm: {}, typical: { duplicate: 0.02, reorder: 0.05, drop: 0.02, "lost-ack": 0.01 },
  storm: { duplicate: 0.2, reorder: 0.3, drop: 0.2, "lost-ack": 0.1, slow: 0.02, reset: 0.05 },
};
const none = Object.fromEntries(shares.map(s => [s, 0]));
$("shares").append(...shares.map(name => el("label", {}, name,
  el("input", { type: "range", name, min: 0, max: 1, step: 0.01, onchange: act(() => setFaults({ [name]: Number($("shares").elements[name].value) })) }), el("output", { id: "share-" + name }))));
const setFaults = async change => showFaults(await api("faults", { ...await api("faults"), ...change }));
function showFaults(f) {
  for (const name of shares) {
    $("shares").elements[name].value = f[name];
    $("share-" + name).textContent = Math.round(f[name] * 1000) / 10 + " %";
  }
  $("outage-until").textContent = f.outage_until && Date.parse(f.outage_until) > now() ? "Outage until " + time(f.outage_until) : "";
}
for (const b of document.querySelectorAll("[data-preset]")) b.addEventListener("click", act(async () => {
  if (b.dataset.preset !== "outage") return showFaults(await api("faults", { ...none, ...presets[b.dataset.preset] }));
  const clock = await api("clock");
  await setFaults({ outage_until: new Date(Date.parse(clock.now) + 30 * 60e3).toISOString() });
}));
$("lose").addEventListener("click", act(() => setFaults({ lose_next_ack: true })));
$("advance").addEventListener("submit", act(async e => { await api("clock", { by: new FormData(e.target).get("by") }); await clock(); }));
$("reset").addEventListener("click", act(async () => {
  if (confirm("Forget all messages, deliveries and faults?")) { await api("reset", {}); list.selected = 0; $("detail").replaceChildren(); }
}));

let offset = 0;
const now = () => Date.now() + offset;
async function clock() {
  offset = Date.parse((await api("clock")).now) - Date.now();
  $("now").textContent = time(now());
}

// The receiver's states beside the true ones.
$("compare")?.addEventListener("click", act(async () => {
  const v = await api("verdict");
  list.differs = new Set(v.differ.map(d => d.id));
  $("verdict").textContent = v.ok ? `${v.checked} states are right, ${v.not_judged} messages not judged` : `${v.differ.length} of ${v.checked} states differ: ${v.differ[0].idempotency_key}: ${v.differ[0].what}`;
  $("differing").hidden = v.ok;
  $("differing").replaceChildren("Differ: ", ...v.differ.slice(0, 20).filter((d, i, all) => all.findIndex(o => o.id === d.id) === i).flatMap(d => [
    el("button", { title: d.what, onclick: act(async () => { list.selected = d.id; list.at = -1; draw(); await detail(); }) }, d.campaign_id + " / " + d.user_id + " / " + d.idempotency_key), " "]));
  $("verdict").className = v.ok ? "acknowledged" : "differs";
  draw();
}));

// away tells that the webhook does not answer, and when it is tried again.
async function away() {
  const [d] = (await api("deliveries?outcome=waiting&limit=1")).deliveries;
  const last = d?.attempts.findLast(a => !a.running);
  $("away").hidden = !last?.error || !!last.fault;
  if (!$("away").hidden) $("away").textContent = `The webhook does not answer: ${last.error}. What was not acknowledged waits, and is sent again at ${time(d.due)}.`;
}

// What is shown is read anew when something has changed, four times a second at
// most.
let dirty = false, busy = false;
async function refresh() {
  if (busy) { dirty = true; return; }
  busy = true;
  dirty = false;
  try {
    const part = location.hash.slice(1) || "messages";
    await queue();
    await away();
    if (part === "messages") { refreshList(); await detail(); }
    if (part === "deliveries") await deliveries();
    if (part === "faults") { showFaults(await api("faults")); }
    await clock();
  } catch (problem) { tell(problem.message); }
  setTimeout(() => { busy = false; if (dirty) refresh(); }, 250);
}

function show() {
  const part = location.hash.slice(1) || "messages";
  for (const s of document.querySelectorAll("main > section")) s.hidden = s.id !== part;
  for (const a of document.querySelectorAll("nav a")) a.hash === "#" + part ? a.setAttribute("aria-current", "page") : a.removeAttribute("aria-current");
  refresh();
}
addEventListener("hashchange", () => { scrollTo(0, 0); show(); });
const events = new EventSource("/api/v1/events");
events.onopen = () => { $("live").textContent = "live"; refresh(); };
events.onerror = () => { $("live").textContent = "not connected"; };
for (const kind of ["message", "delivery", "settings", "reset", "gap"]) events.addEventListener(kind, refresh);
show();
