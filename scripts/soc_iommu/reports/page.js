"use strict";
// The page is whole without this: it opens a cell below its row, filters, and copies.
(() => {
  const find = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const box = find("#box"), form = find("#filters"), home = find("#cells");
  if (!box) return;
  const data = JSON.parse(find("#data").textContent);
  const links = all("#matrix a[data-cell]");
  const sections = all("details.cell", home);
  const nameOf = (link) => decodeURIComponent(link.hash.slice(1));
  const linkOf = new Map(links.map((link) => [nameOf(link), link]));
  const sectionOf = new Map(sections.map((section) => [section.dataset.for, section]));

  // --- a cell, below its row ---
  home.hidden = true;
  const measure = () => box.style.setProperty("--box", box.clientWidth + "px");
  new ResizeObserver(measure).observe(box);
  measure();
  let opened = null; // {name, row, section, link}

  function close() {
    if (!opened) return;
    opened.section.open = false;
    home.append(opened.section);
    opened.row.remove();
    opened.link.setAttribute("aria-expanded", "false");
    opened = null;
  }

  function open(name) {
    if (opened && opened.name === name) return;
    close();
    const link = linkOf.get(name), section = sectionOf.get(name);
    if (!link || !section) return;
    const row = document.createElement("tr"), cell = document.createElement("td"), pane = document.createElement("div");
    row.className = "opened";
    pane.className = "pane";
    cell.colSpan = find("thead tr", box).cells.length;
    pane.append(section);
    cell.append(pane);
    row.append(cell);
    link.closest("tr").after(row);
    section.open = true;
    link.setAttribute("aria-expanded", "true");
    opened = { name, row, section, link };
  }

  function fromAddress(scroll) {
    let name = "";
    try { name = decodeURIComponent(location.hash.slice(1)); } catch { /* no name of ours */ }
    if (!linkOf.has(name)) return close();
    if (linkOf.get(name).closest("tr").hidden) {
      form.reset();
      filter();
    }
    open(name);
    if (scroll) linkOf.get(name).scrollIntoView({ block: "start", inline: "nearest" });
  }

  for (const link of links) {
    link.setAttribute("aria-expanded", "false");
    link.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
      event.preventDefault();
      const shut = opened && opened.link === link;
      history.pushState(null, "", shut ? "#" : link.hash);
      fromAddress(false);
    });
  }
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !opened || event.target.closest("form")) return;
    const link = opened.link;
    history.pushState(null, "", "#");
    close();
    link.focus();
  });
  // Whoever folds the section up means the row below the cell.
  box.addEventListener("click", (event) => {
    const summary = event.target.closest("summary");
    if (!opened || !summary || summary.parentNode !== opened.section) return;
    event.preventDefault();
    opened.link.click();
  });
  window.addEventListener("popstate", () => fromAddress(false));
  window.addEventListener("hashchange", () => fromAddress(true));

  // --- filters ---
  const facts = data.map((entry) => {
    const parts = entry.cell.split("/");
    const expected = entry.expected || {};
    const differs = entry.differs ?? Boolean(entry.expected
      && ["verdict", "at", "errno"].some((key) => (entry[key] ?? null) !== (expected[key] ?? null)));
    const steps = (entry.steps || []).map((step) => [step.step, step.errno, step.detail].join(" "));
    const words = [entry.cell, entry.kernel, entry.qemu, entry.verdict, entry.at, entry.errno, entry.reason,
      expected.verdict, expected.at, expected.errno, expected.reason, ...(entry.kernel_warnings || []), ...steps];
    return { iommu: entry.iommu, kernel: parts.length === 8 ? parts[2] : entry.kernel || "", verdict: entry.verdict,
      differs: Boolean(differs), words: words.filter(Boolean).join("\n").toLowerCase() };
  });
  const rows = all("#matrix > tbody > tr").filter((row) => find("a[data-cell]", row));

  function matches(link, wanted) {
    const index = Number(link.dataset.cell), fact = facts[index];
    if (wanted.iommu && fact.iommu !== wanted.iommu) return false;
    if (wanted.kernel && fact.kernel !== wanted.kernel) return false;
    if (wanted.verdict && fact.verdict !== wanted.verdict) return false;
    if (wanted.differs && !fact.differs) return false;
    if (!wanted.words.length) return true;
    let log = "";
    if (wanted.logs) log = (find("pre.console", sections[index]) || { textContent: "" }).textContent.toLowerCase();
    return wanted.words.every((word) => fact.words.includes(word) || log.includes(word));
  }

  function filter() {
    const given = new FormData(form);
    const wanted = { iommu: given.get("iommu"), kernel: given.get("kernel"), verdict: given.get("verdict"),
      differs: given.get("differs"), logs: given.get("logs"),
      words: given.get("text").toLowerCase().split(/\s+/).filter(Boolean) };
    let count = 0;
    for (const row of rows) {
      let any = false;
      for (const link of all("a[data-cell]", row)) {
        const hit = matches(link, wanted);
        link.classList.toggle("miss", !hit);
        any ||= hit;
        count += hit;
      }
      row.hidden = !any;
    }
    const left = new Set(rows.filter((row) => !row.hidden).map((row) => row.parentNode));
    for (const body of all("#matrix > tbody")) body.hidden = !left.has(body);
    if (opened) opened.row.hidden = opened.link.closest("tr").hidden;
    find("#shown").textContent = count === data.length ? `${count} cells` : `${count} of ${data.length} cells`;
  }

  let waiting = 0;
  form.hidden = false;
  const soon = () => { clearTimeout(waiting); waiting = setTimeout(filter, 60); };
  form.addEventListener("input", soon);
  form.addEventListener("change", soon);
  form.addEventListener("reset", () => setTimeout(filter));
  form.addEventListener("submit", (event) => event.preventDefault());
  filter();

  // --- copying ---
  async function copy(button) {
    const source = find("pre", button.parentNode);
    let done = false;
    try {
      await navigator.clipboard.writeText(source.textContent);
      done = true;
    } catch {
      getSelection().selectAllChildren(source);
      done = document.execCommand("copy");
    }
    button.textContent = done ? "Copied" : "Press Ctrl+C";
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  }
  for (const button of all("button.copy")) {
    button.hidden = false;
    button.addEventListener("click", () => copy(button));
  }
  fromAddress(true);
})();
