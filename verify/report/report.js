"use strict";
(() => {
  const graph = document.querySelector(".graph");
  const theorem = graph && document.getElementById("proof-" + graph.dataset.theorem);
  if (theorem) {
    const [inner, outer] = [theorem, graph].map((element) => element.getBoundingClientRect());
    graph.scrollLeft += (inner.left + inner.right - outer.left - outer.right) / 2;
  }
  const form = document.getElementById("filters");
  if (!form) return;
  const given = form.elements, told = form.querySelector("output");
  const statements = [...document.querySelectorAll(".statement")].map((element) => {
    let group = "";
    const about = element.querySelector(".summary th").textContent, rows = [];
    for (const part of element.querySelectorAll(".group, .result")) {
      if (part.className === "group") { group = part; continue; }
      rows.push({ part, group, text: (about + " " + group.textContent + " " + part.textContent).toLowerCase() });
    }
    return { element, rows };
  });
  const named = ({ element }) => element.id.startsWith("statement-"), all_named = statements.filter(named).length;
  const surprising = () => Boolean(given.unexpected && given.unexpected.checked);
  const plain = (text) => text.replace(/-/g, " ");
  const filter = () => {
    const words = plain(given.words.value.toLowerCase()).split(/\s+/).filter(Boolean);
    const asked = words.length || given.verdict.value || surprising();
    let seen = 0, count = 0;
    for (const statement of statements) {
      const { element, rows } = statement;
      const groups = new Map();
      let here = 0;
      for (const { part, group, text } of rows) {
        const fits = (!given.source.value || element.dataset.source === given.source.value)
          && (!given.verdict.value || part.dataset.verdict === given.verdict.value)
          && (!surprising() || part.classList.contains("surprising"))
          && words.every((word) => plain(text).includes(word));
        part.hidden = !fits;
        groups.set(group, groups.get(group) || fits);
        here += fits;
      }
      for (const [group, some] of groups) group.hidden = !some;
      element.hidden = !here;
      element.querySelector("details").open = Boolean(asked && here);
      seen += here > 0 && named(statement);
      count += here;
    }
    for (const source of document.querySelectorAll("tbody.source")) {
      let next = source.nextElementSibling, some = false;
      for (; next && next.className !== "source"; next = next.nextElementSibling) some = some || !next.hidden;
      source.hidden = !some;
    }
    told.value = `${seen} of ${all_named} statements, ${count} ${count === 1 ? "row" : "rows"}`;
  };
  const all = (open) => () => {
    for (const { element } of statements) element.querySelector("details").open = open;
  };
  const reveal = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    for (let at = target; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
    target.scrollIntoView({ inline: "center" });
  };
  form.hidden = false;
  form.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  given.open.addEventListener("click", all(true));
  given.close.addEventListener("click", all(false));
  for (const link of document.querySelectorAll(".counts a")) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      given.verdict.value = link.dataset.verdict;
      filter();
      form.scrollIntoView();
    });
  }
  addEventListener("hashchange", reveal);
  reveal();
})();
