"use strict";

/* The switch of languages leads to the section that is being read. Each page has the other language's addresses too. */
function section() {
  const passed = [...document.querySelectorAll("section[id]")].filter(
    each => each.getBoundingClientRect().top < innerHeight / 3
  );
  return scrollY > 0 && passed.length ? `#${encodeURIComponent(passed.at(-1).id)}` : "";
}
for (const link of document.querySelectorAll("a.language")) {
  link.addEventListener("click", () => {
    link.hash = section();
    if (location.search) link.search = location.search;
  });
}

/* What scrolls sideways can be reached and scrolled with the keyboard. */
function reachable() {
  for (const each of document.querySelectorAll("div.highlight > pre, div.output, .pst-scrollable-table-container")) {
    if (each.scrollWidth > each.clientWidth || each.scrollHeight > each.clientHeight + 1) each.tabIndex = 0;
    else each.removeAttribute("tabindex");
  }
}
addEventListener("load", reachable);
addEventListener("resize", reachable);
