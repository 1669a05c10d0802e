"use strict";
(() => {
  const root = document.documentElement;
  root.classList.add("js");
  const $ = (id) => document.getElementById(id);
  const all = (selector, from = document) => Array.from(from.querySelectorAll(selector));
  const say = (text) => { $("said").textContent = text; };

  // Copy. Where the browser has no clipboard for pages like this one, the text
  // is selected and copied the old way.
  const selected = (text) => {
    const area = document.createElement("textarea");
    area.value = text;
    area.setAttribute("readonly", "");
    area.className = "copied";
    document.body.append(area);
    const before = document.activeElement;
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    if (before) before.focus();
    return done;
  };
  const copy = async (text) => {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      return selected(text);
    }
  };
  for (const button of all("button[data-copy]")) {
    const label = button.textContent;
    button.addEventListener("click", async () => {
      const done = await copy($(button.dataset.copy).textContent);
      button.textContent = done ? "Copied" : "Select and copy by hand";
      say(done ? "Copied" : "Could not be copied");
      button.addEventListener("blur", () => { button.textContent = label; }, { once: true });
    });
  }

  // Open and close all of a section.
  for (const button of all("button[data-fold]")) {
    const folds = all("details.card", $(button.dataset.fold));
    if (folds.length === 0) button.remove();
    button.addEventListener("click", () => {
      const open = button.getAttribute("aria-expanded") !== "true";
      for (const d of folds) d.open = open;
      button.setAttribute("aria-expanded", String(open));
      button.textContent = open ? "Close all" : "Open all";
    });
  }

  // Filters. The address keeps them: #q=late&result=fail,waived&level=required
  const form = document.querySelector(".filters");
  const search = $("q");
  const boxes = all("input[type=checkbox]", form);
  const rows = all("tr.check").map((row) => ({ row, text: row.textContent.toLowerCase(), result: row.dataset.result, level: row.dataset.level }));
  const bodies = all(".checks tbody");
  const chosen = (name) => boxes.filter((b) => b.name === name && b.checked).map((b) => b.value);
  const filter = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const results = chosen("result"), levels = chosen("level");
    let shown = 0;
    for (const r of rows) {
      const match = words.every((w) => r.text.includes(w)) && (results.length === 0 || results.includes(r.result)) && (levels.length === 0 || levels.includes(r.level));
      r.row.hidden = !match;
      if (match) shown++;
    }
    for (const body of bodies) body.hidden = !body.querySelector("tr.check:not([hidden])");
    $("matches").value = `${shown.toLocaleString("en")} of ${rows.length.toLocaleString("en")} checks`;
    $("none").hidden = shown > 0;
  };
  const remember = () => {
    const p = new URLSearchParams();
    if (search.value) p.set("q", search.value);
    for (const name of ["result", "level"]) if (chosen(name).length) p.set(name, chosen(name).join(","));
    const hash = p.toString().replaceAll("%2C", ",");
    history.replaceState(null, "", hash ? "#" + hash : location.pathname + location.search);
  };
  const recall = () => {
    const p = new URLSearchParams(location.hash.slice(1));
    search.value = p.get("q") || "";
    for (const b of boxes) b.checked = (p.get(b.name) || "").split(",").includes(b.value);
    filter();
  };
  form.addEventListener("input", () => { filter(); remember(); });
  form.addEventListener("submit", (e) => e.preventDefault());
  form.addEventListener("reset", () => setTimeout(() => { filter(); remember(); search.focus(); }));
  document.addEventListener("keydown", (e) => {
    const typing = e.target.closest("input, textarea, select");
    if (e.key === "/" && !typing && !e.ctrlKey && !e.metaKey && !e.altKey) {
      e.preventDefault();
      search.focus();
    }
  });

  // An address may name a filter, or a place that is folded or filtered away.
  const arrive = () => {
    if (location.hash.includes("=")) {
      recall();
      $("checks").scrollIntoView();
      return;
    }
    const target = location.hash && document.querySelector(":target");
    if (!target) return;
    if (target.closest("[hidden]")) { form.reset(); filter(); }
    for (let d = target.closest("details"); d; d = d.parentElement.closest("details")) d.open = true;
    const inside = target.matches("tr.check") && target.querySelector("details");
    if (inside) inside.open = true;
    target.scrollIntoView();
  };
  addEventListener("hashchange", arrive);
  filter();
  arrive();

  // Paper can't be unfolded.
  let folded = [];
  addEventListener("beforeprint", () => {
    folded = all("article.card .again > details:not([open]), details.orders:not([open])");
    for (const d of folded) d.open = true;
  });
  addEventListener("afterprint", () => {
    for (const d of folded) d.open = false;
  });
})();
