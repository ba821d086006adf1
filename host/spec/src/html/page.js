"use strict";
// Shows the data of the page. Texts only ever become text nodes, so nothing in them can become markup.

const site = JSON.parse(document.getElementById("data").textContent);
const byId = (id) => document.getElementById(id);
const main = byId("main"), nav = byId("messages"), search = byId("search");
const editionSelect = byId("edition"), againstSelect = byId("against"), only = byId("only");
const editionOf = (name) => site.editions.find((edition) => edition.name === name);
const newest = site.editions[site.editions.length - 1];
const folded = new Set(["Signature"]);

// An element with attributes and children; null and false children are left out.
function h(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  for (const child of children.flat(9)) {
    if (child === null || child === undefined || child === false || child === "") continue;
    element.append(child);
  }
  return element;
}

// ---- Addresses: #edition/CODE/path, #old..new/CODE/path, #edition/CODE/!RULE, #edition/!table/name

let at = { edition: newest, against: null, rest: [] };

function read() {
  const parts = decodeURIComponent(location.hash.slice(1)).split("/");
  const [old, current] = parts[0].includes("..") ? parts[0].split("..") : [null, parts[0]];
  const edition = editionOf(current) || newest;
  const against = old ? editionOf(old) : null;
  return { edition, against: against === edition ? null : against, rest: parts.slice(1) };
}

const names = (edition, against) => (against ? against.name + ".." + edition.name : edition.name);
const address = (...rest) => "#" + [names(at.edition, at.against), ...rest].join("/");

// ---- Data

const message = (edition, code) => edition && edition.messages.find((found) => found.code === code);
const fieldsOf = (found) => (found ? found.fields.map((index) => site.fields[index]) : []);
const rulesOf = (found) => (found ? found.rules.map((index) => site.rules[index]) : []);
const tablesOf = (edition) => (edition ? edition.tables.map((index) => site.tables[index]) : []);
const parentOf = (path) => path.slice(0, Math.max(path.lastIndexOf("/"), 0));

// Merges the fields of both editions; removed ones stay after their former predecessors.
function mergeFields(old, now) {
  const before = new Map();
  for (const field of old) if (!before.has(field.p)) before.set(field.p, field);
  const rows = [], seen = new Set();
  for (const field of now) {
    if (seen.has(field.p)) continue;
    seen.add(field.p);
    const was = before.get(field.p);
    rows.push({ field, was, state: !was ? "added" : was === field ? "same" : "changed" });
  }
  let last = null;
  for (const field of before.values()) {
    if (!seen.has(field.p)) {
      const place = last === null ? 0 : rows.findIndex((row) => row.field.p === last) + 1;
      rows.splice(place, 0, { field, was: field, state: "removed" });
    }
    last = field.p;
  }
  return rows;
}

// Pairs the rules: identical ones first, then those with the same id.
function mergeRules(old, now) {
  const free = old.slice(), rows = [];
  const take = (test) => {
    const index = free.findIndex(test);
    return index < 0 ? null : free.splice(index, 1)[0];
  };
  const first = now.map((rule) => take((was) => was === rule));
  now.forEach((rule, index) => {
    const was = first[index] || take((was) => was.id === rule.id && was.check === rule.check && was.at === rule.at)
      || take((was) => was.id === rule.id);
    const told = ["severity", "basis", "code", "when", "check", "zh", "en", "why", "at", "on"];
    const same = was && told.every((key) => was[key] === rule[key]);
    rows.push({ rule, was, state: !was ? "added" : same ? "same" : "changed" });
  });
  for (const rule of free) rows.push({ rule, was: rule, state: "removed" });
  return rows;
}

function plain(items, key) {
  return items.map((item) => ({ [key]: item, was: item, state: "same" }));
}

function compared(code) {
  const now = message(at.edition, code), was = message(at.against, code);
  if (!at.against) return { now, was: now, fields: plain(fieldsOf(now), "field"), rules: plain(rulesOf(now), "rule"), state: "same" };
  if (!now || !was) {
    const there = now || was, state = now ? "added" : "removed";
    return { now, was, fields: plain(fieldsOf(there), "field"), rules: plain(rulesOf(there), "rule"), state };
  }
  const fields = mergeFields(fieldsOf(was), fieldsOf(now)), rules = mergeRules(rulesOf(was), rulesOf(now));
  const changed = [...fields, ...rules].filter((row) => row.state !== "same").length;
  const signs = JSON.stringify(now.sign) !== JSON.stringify(was.sign);
  return { now, was, fields, rules, changed, signs, state: changed || signs ? "changed" : "same" };
}

// A value, with the old one if it differs.
function value(now, was, show) {
  const draw = show || ((text) => text);
  if (now === was) return draw(now || "");
  return [was ? h("del", null, draw(was)) : null, now ? h("ins", null, draw(now)) : null];
}

const code = (text) => (text ? h("code", null, text) : "");

// ---- Views

const groups = [
  ["Import, requests", (m) => m.direction === "import" && m.kind === "request"],
  ["Import, receipts", (m) => m.direction === "import" && m.kind === "receipt"],
  ["Export, requests", (m) => m.direction === "export" && m.kind === "request"],
  ["Export, receipts", (m) => m.direction === "export" && m.kind === "receipt"],
  ["Both ways", () => true],
];

function allMessages() {
  const list = at.edition.messages.slice();
  if (at.against) for (const gone of at.against.messages) if (!message(at.edition, gone.code)) list.push(gone);
  return list.sort((a, b) => (a.code < b.code ? -1 : 1));
}

function drawNav() {
  const left = new Set(allMessages());
  const marks = { added: "new", removed: "gone", changed: "●" };
  const parts = [];
  for (const [title, test] of groups) {
    const here = [...left].filter(test);
    here.forEach((found) => left.delete(found));
    const links = here.map((found) => {
      const state = at.against ? compared(found.code).state : "same";
      if (only.checked && at.against && state === "same") return null;
      return h("a", { href: address(found.code), title: found.en, "aria-current": at.rest[0] === found.code ? "page" : null },
        h("b", null, found.code), h("span", null, found.zh), marks[state] ? h("i", { title: state }, marks[state]) : null);
    }).filter(Boolean);
    if (links.length) parts.push(h("h2", null, title), links);
  }
  const tables = tablesOf(at.edition);
  if (tables.length) {
    parts.push(h("h2", null, "Code tables"), tables.map((table) =>
      h("a", { href: address("!table", table.name), "aria-current": at.rest[0] === "!table" && at.rest[1] === table.name ? "page" : null },
        h("b", { style: "grid-column: 1 / 3" }, table.name), h("span", null, String(table.codes.length)))));
  }
  nav.replaceChildren(...parts.flat());
}

function facts(rows) {
  return h("dl", { class: "facts" }, rows.filter(([, what]) => what && what.length !== 0)
    .map(([name, what]) => [h("dt", null, name), h("dd", null, what)]));
}

function overview() {
  const { edition, against } = at;
  const show = (key) => value(edition[key], against ? against[key] : edition[key]);
  const rows = allMessages().map((found) => {
    const state = compared(found.code);
    if (only.checked && against && state.state === "same") return null;
    const what = state.state === "changed"
      ? (state.changed ? state.changed + " fields and rules" : "") + (state.signs ? " signature" : "") : state.state;
    return h("tr", { class: against && state.state !== "changed" ? state.state : null },
      h("td", { class: "name" }, h("a", { href: address(found.code) }, found.code)), h("td", null, found.zh), h("td", null, found.en),
      h("td", null, found.direction + " " + found.kind), h("td", null, found.clause),
      h("td", null, found.receipt ? h("a", { href: address(found.receipt) }, found.receipt) : ""),
      h("td", null, against ? (what === "same" ? "" : what) : String(found.fields.length)),
      against ? null : h("td", null, String(found.rules.length)));
  });
  return [h("h1", null, "Edition " + edition.name, against ? h("small", null, " compared with " + against.name) : null),
    facts([["In force from", show("from")], ["Notice", show("notice")], ["How it was made", show("derived")],
      ["Rule source", code(edition.digest.slice(0, 16))]]),
    h("p", { class: "note" }, "“Printed” is the format and requirement in the text of the specification, “schema” what the official XSD enforces. " +
      "Keys: / search, [ and ] previous and next message, Esc leaves the search."),
    h("div", { class: "scroll" }, h("table", null, h("thead", null, h("tr", null,
      ["message", "名称", "name", "kind", "clause", "receipt", against ? "changed" : "fields", against ? null : "rules"].map((text) => text && h("th", null, text)))),
      h("tbody", null, rows)))];
}

function allowedCell(list, edition) {
  return (list || []).map((allowed) => {
    const table = allowed.table && tablesOf(edition).find((found) => found.name === allowed.table);
    const what = allowed.table
      ? (table ? h("a", { href: address("!table", allowed.table) }, allowed.table) : allowed.table)
      : allowed.values.map((text) => [code(text), " "]);
    return h("div", { title: "rule " + allowed.rule + (allowed.sometimes ? ", under a condition" : "") },
      what, allowed.sometimes ? h("span", { class: "note" }, " sometimes") : null);
  });
}

function fieldRow(row, found, target) {
  const { field, was, state } = row;
  const old = state === "changed" ? was : field;
  const depth = field.p.split("/").length - 1;
  const name = field.p.slice(field.p.lastIndexOf("/") + 1);
  const fold = field.g ? h("button", { class: "fold", "aria-expanded": folded.has(field.p) ? "false" : "true",
    "aria-label": "Show or hide what is in " + name, onclick: () => { folded.has(field.p) ? folded.delete(field.p) : folded.add(field.p); applyFolds(); } },
    folded.has(field.p) ? "▸" : "▾") : h("button", { class: "fold", disabled: true, "aria-hidden": "true", tabindex: "-1" }, "");
  const values = [
    field.x !== old.x ? [value(field.x, old.x, (text) => ["fixed ", code(text)])] : field.x !== undefined ? ["fixed ", code(field.x)] : null,
    field.d !== old.d ? [value(field.d, old.d, (text) => ["default ", code(text)])] : field.d !== undefined ? ["default ", code(field.d)] : null,
    JSON.stringify(field.a) === JSON.stringify(old.a) ? allowedCell(field.a, at.edition)
      : [h("del", null, allowedCell(old.a, at.against)), h("ins", null, allowedCell(field.a, at.edition))],
  ];
  return h("tr", { class: [field.g && "group", state !== "same" && state, target && "target"].filter(Boolean).join(" ") || null, "data-path": field.p },
    h("td", { class: "name path" }, h("span", { style: "padding-left:" + depth * 1.1 + "em" }), fold,
      h("a", { href: address(found.code, field.p), title: field.p }, name)),
    h("td", { class: "label" }, value(field.z, old.z), field.c ? [" ", h("span", { class: "chip personal", title: "personal data" }, "personal")] : null,
      h("br"), h("span", null, value(field.e, old.e))),
    h("td", null, value(field.f, old.f)), h("td", null, value(field.r, old.r)),
    h("td", null, value(field.s, old.s)), h("td", null, value(field.o, old.o)), h("td", null, values));
}

function applyFolds() {
  for (const row of main.querySelectorAll("tr[data-path]")) {
    const path = row.dataset.path;
    const steps = path.split("/");
    row.hidden = steps.some((_, index) => index > 0 && folded.has(steps.slice(0, index).join("/")));
    const button = row.querySelector("button.fold:not([disabled])");
    if (button) {
      button.textContent = folded.has(path) ? "▸" : "▾";
      button.setAttribute("aria-expanded", folded.has(path) ? "false" : "true");
    }
  }
}

function ruleCard(row, found, target) {
  const { rule, state } = row;
  const was = state === "changed" ? row.was : rule;
  return h("article", { class: ["rule", state !== "same" && state, target && "target"].filter(Boolean).join(" "), "data-rule": rule.id },
    h("h3", null, h("a", { href: address(found.code, "!" + rule.id) }, rule.id),
      h("span", { class: "chip " + rule.severity }, value(rule.severity, was.severity)),
      h("span", { class: "chip" }, value(rule.basis, was.basis)),
      rule.clause ? h("span", { class: "note" }, "clause " + rule.clause) : null,
      rule.code || was.code ? h("span", { class: "note" }, "customs code ", value(rule.code, was.code)) : null,
      h("a", { class: "path", href: address(found.code, rule.at), style: "margin-left:auto" }, rule.at)),
    rule.when || was.when ? h("p", null, h("span", { class: "note" }, "when "), value(rule.when, was.when, code)) : null,
    h("p", null, h("span", { class: "note" }, "must hold "), value(rule.check, was.check, code)),
    h("p", null, value(rule.zh, was.zh)), h("p", null, value(rule.en, was.en)),
    rule.why || was.why ? h("p", { class: "note" }, value(rule.why, was.why)) : null,
    h("p", { class: "note" }, rule.source));
}

function messageView(wanted, rest) {
  const all = compared(wanted);
  const found = all.now || all.was;
  if (!found) return [h("h1", null, wanted), h("p", null, "Edition " + at.edition.name + " has no message " + wanted + ".")];
  const other = all.was || found;
  const wantedRule = rest[0] && rest[0].startsWith("!") ? rest[0].slice(1) : null;
  const wantedPath = wantedRule ? null : rest.join("/");
  // The target of a link is never hidden.
  if (wantedPath) for (let path = parentOf(wantedPath); path; path = parentOf(path)) folded.delete(path);
  const interesting = (row) => !only.checked || !at.against || row.state !== "same" || all.state === "added" || all.state === "removed";
  const link = (path) => h("a", { class: "path", href: address(found.code, path) }, path);
  const sign = (list) => list.map((rule) => rule.need + (rule.transition ? " (in transition until " + rule.transition.readings.map((r) => r.until).join(" or ") + ")" : "") + ": " + rule.profiles.join(", ") + " by " + rule.signers.join(", ") + " (" + rule.clause + ")").join("; ");
  // Keep groups in which something changed, to show where the change is.
  const around = new Set();
  if (only.checked) for (const row of all.fields.filter(interesting)) for (let path = parentOf(row.field.p); path; path = parentOf(path)) around.add(path);
  const fields = all.fields.filter((row) => interesting(row) || around.has(row.field.p)).map((row) => fieldRow(row, found, row.field.p === wantedPath));
  const rules = all.rules.filter(interesting);
  const card = (row) => ruleCard(row, found, row.rule.id === wantedRule);
  const written = rules.filter((row) => !row.rule.automatic), automatic = rules.filter((row) => row.rule.automatic);
  const state = { added: "new in " + at.edition.name, removed: "not in " + at.edition.name }[all.state];
  return [h("h1", null, found.code, " ", found.zh, " ", h("small", null, found.en)),
    state ? h("p", null, h(all.state === "added" ? "ins" : "del", null, state)) : null,
    facts([["Kind", found.direction + " " + found.kind], ["Clause", value(found.clause, other.clause)],
      ["Receipt", found.receipt && h("a", { href: address(found.receipt) }, found.receipt)],
      ["One document", found.document && link(found.document)],
      ["Key", found.keys.map((key, index) => [index ? ", " : "", link(key)])],
      ["Concerns", value(found.concerns, other.concerns)],
      ["Signature", value(sign(found.sign), sign(other.sign))],
      ["returnStatus", found.outcomes.map(([status, means, last]) => h("span", { class: "chip" }, status + " " + means + (last ? ", last" : "")))]]),
    h("h2", { class: "part" }, "Fields"),
    fields.length ? h("div", { class: "scroll" }, h("table", null, h("thead", null, h("tr", null,
      ["field", "名称 / name", "printed", "", "schema", "occurs", "values"].map((text) => h("th", null, text)))), h("tbody", null, fields)))
      : h("p", { class: "note" }, "No field changed."),
    h("h2", { class: "part" }, "Rules (" + written.length + ")"), written.map(card),
    automatic.length ? h("details", { open: automatic.some((row) => row.rule.id === wantedRule || row.state !== "same") },
      h("summary", null, automatic.length + " more follow from what is printed and what the schema enforces"), automatic.map(card)) : null];
}

function tableView(name) {
  const table = tablesOf(at.edition).find((found) => found.name === name);
  if (!table) return [h("h1", null, name), h("p", null, "Edition " + at.edition.name + " uses no such code table.")];
  const old = at.against ? tablesOf(at.against).find((found) => found.name === name) : table;
  const had = new Set((old ? old.codes : []).map(([text]) => text)), has = new Set(table.codes.map(([text]) => text));
  const gone = old ? old.codes.filter(([text]) => !has.has(text)) : [];
  const row = (codes, state) => h("tr", { class: state }, h("td", { class: "path" }, codes[0]), h("td", null, codes[1]), h("td", null, codes[2]));
  return [h("h1", null, "Code table ", name),
    facts([["Source", table.source], ["State", table.date], ["Complete", table.complete ? "yes: other codes are wrong" : "no: other codes may exist"]]),
    h("table", null, h("thead", null, h("tr", null, ["code", "名称", "name"].map((text) => h("th", null, text)))),
      h("tbody", null, table.codes.map((codes) => row(codes, had.has(codes[0]) ? null : "added")), gone.map((codes) => row(codes, "removed"))))];
}

// ---- Search

let index = null;

function entries() {
  if (index && index.of === at.edition) return index.list;
  const list = [];
  const seen = new Set();
  const add = (kind, title, note, href, words) => list.push({ kind, title, note, href, first: title.toLowerCase(), words: words.join("\n").toLowerCase() });
  for (const found of at.edition.messages) {
    add("Messages", found.code, found.zh + " " + found.en, [found.code], [found.code, found.zh, found.en]);
    for (const field of fieldsOf(found)) {
      const name = field.p.slice(field.p.lastIndexOf("/") + 1);
      // The signature is the same in all messages: once is enough.
      if (field.p.includes("Signature/") && seen.has(field.p.slice(field.p.indexOf("Signature/")))) continue;
      seen.add(field.p.slice(Math.max(field.p.indexOf("Signature/"), 0)));
      add("Fields", name, found.code + "/" + field.p + "  " + field.z, [found.code, field.p], [field.p, field.z, field.e]);
    }
    for (const rule of rulesOf(found)) {
      add("Rules", rule.id, found.code + "  " + rule.en, [found.code, "!" + rule.id], [rule.id, rule.code, rule.zh, rule.en, rule.check, rule.why]);
    }
  }
  for (const table of tablesOf(at.edition)) {
    add("Codes", table.name, table.source, ["!table", table.name], [table.name, table.source]);
    for (const codes of table.codes) add("Codes", codes[0], table.name + "  " + codes[1] + " " + codes[2], ["!table", table.name], codes);
  }
  index = { of: at.edition, list };
  return list;
}

function results(query) {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const hits = entries().filter((entry) => words.every((word) => entry.words.includes(word)));
  const rank = (entry) => (entry.first === words[0] ? 0 : entry.first.startsWith(words[0]) ? 1 : entry.first.includes(words[0]) ? 2 : 3);
  hits.sort((a, b) => rank(a) - rank(b));
  const parts = [h("h1", null, hits.length + " found")];
  for (const kind of ["Messages", "Fields", "Rules", "Codes"]) {
    const here = hits.filter((entry) => entry.kind === kind);
    if (!here.length) continue;
    parts.push(h("h2", { class: "part" }, kind + " (" + here.length + ")"), h("ul", { class: "found" }, here.slice(0, 60).map((entry) =>
      h("li", null, h("a", { href: address(...entry.href) }, h("b", { class: "path" }, entry.title), h("span", null, entry.note))))),
      here.length > 60 ? h("p", { class: "note" }, "… and " + (here.length - 60) + " more: add a word") : null);
  }
  return parts;
}

// ---- Drawing

function draw() {
  at = read();
  editionSelect.value = at.edition.name;
  againstSelect.value = at.against ? at.against.name : "";
  byId("only-label").hidden = !at.against;
  const [first, ...rest] = at.rest;
  const query = search.value.trim();
  const view = query ? results(query) : first === "!table" ? tableView(rest[0]) : first ? messageView(first, rest) : overview();
  document.title = (first === "!table" ? rest[0] : first || "CEB message standard") + ", " + names(at.edition, at.against);
  drawNav();
  main.replaceChildren(...view.flat(9).filter(Boolean));
  applyFolds();
  const target = main.querySelector(".target");
  if (target && !query) {
    const around = target.closest("details");
    if (around) around.open = true;
    target.scrollIntoView({ block: "center" });
  } else if (!query) scrollTo(0, 0);
}

for (const edition of site.editions.slice().reverse()) editionSelect.append(h("option", { value: edition.name }, edition.name));
againstSelect.append(h("option", { value: "" }, "nothing"));
for (const edition of site.editions) againstSelect.append(h("option", { value: edition.name }, edition.name));
againstSelect.closest("label").hidden = site.editions.length < 2;

function choose() {
  const edition = editionOf(editionSelect.value), against = editionOf(againstSelect.value);
  location.hash = "#" + [names(edition, against === edition ? null : against), ...at.rest].join("/");
}
editionSelect.addEventListener("change", choose);
againstSelect.addEventListener("change", choose);
only.addEventListener("change", draw);
search.addEventListener("input", draw);
byId("home").addEventListener("click", (event) => {
  event.preventDefault();
  search.value = "";
  location.hash = address();
  draw();
});
byId("skip").addEventListener("click", (event) => { event.preventDefault(); main.focus(); });
addEventListener("hashchange", () => { search.value = ""; draw(); });
// A link to the current page: from the search back to it.
main.addEventListener("click", (event) => {
  const link = event.target.closest("a[href]");
  if (link && search.value && link.getAttribute("href") === location.hash) { search.value = ""; draw(); }
});
addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
  if (event.key === "/" && !typing) {
    event.preventDefault();
    search.focus();
    search.select();
  } else if (event.key === "Escape" && search.value) {
    search.value = "";
    draw();
  } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && search.value) {
    const links = [...main.querySelectorAll("ul.found a")];
    const now = links.indexOf(document.activeElement);
    const next = event.key === "ArrowDown" ? now + 1 : now - 1;
    event.preventDefault();
    if (next < 0) search.focus();
    else if (links[next]) links[next].focus();
  } else if (event.key === "Enter" && event.target === search) {
    const link = main.querySelector("ul.found a");
    if (link) link.click();
  } else if ((event.key === "[" || event.key === "]") && !typing) {
    const list = allMessages().map((found) => found.code);
    const next = list[list.indexOf(at.rest[0]) + (event.key === "]" ? 1 : -1)];
    if (next) location.hash = address(next);
  }
});
draw();
