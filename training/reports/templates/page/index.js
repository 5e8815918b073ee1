"use strict";
// The index of the page: a link to every section that has a heading, the one being read marked.

{
  const index = document.getElementById("index");
  const list = index.querySelector("ul");
  const links = new Map();
  document.querySelectorAll("main section").forEach((section, number) => {
    const heading = section.querySelector("h1, h2");
    section.id ||= `part-${number}`;
    const link = document.createElement("a");
    link.href = `#${section.id}`;
    link.append(...[...heading.childNodes].map((node) => node.cloneNode(true)));
    list.appendChild(document.createElement("li")).append(link);
    links.set(section, link);
  });

  const seen = new Set();
  const mark = (changes) => {
    for (const { target, isIntersecting } of changes) seen[isIntersecting ? "add" : "delete"](target);
    const first = [...links.keys()].find((section) => seen.has(section));
    if (!first) return;
    for (const link of links.values()) link.removeAttribute("aria-current");
    links.get(first).setAttribute("aria-current", "true");
  };
  const eye = new IntersectionObserver(mark, { rootMargin: "-10% 0px -60%" });
  for (const section of links.keys()) eye.observe(section);

  const wide = matchMedia("(min-width: 75rem)");
  const fold = () => (index.open = wide.matches);
  wide.addEventListener("change", fold);
  fold();
}
