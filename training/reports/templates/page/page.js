"use strict";
// Language and theme; what every other script of the page builds on.

const data = JSON.parse(document.getElementById("data").textContent);
const root = document.documentElement;
const chinese = () => root.lang.startsWith("zh");

/** What to print of [English, Chinese], or of a string that is the same in both. */
const say = (text) => (Array.isArray(text) ? text[chinese() ? 1 : 0] : text);

const title = document.querySelector("title");

/** What the reader chose on an earlier page, or null; some browsers keep nothing for files. */
function remembered(name) {
  try {
    return localStorage.getItem(`tf1keras-${name}`);
  } catch {
    return null;
  }
}

function remember(name, value) {
  try {
    localStorage.setItem(`tf1keras-${name}`, value);
  } catch {
    // Then the choice is this page's alone.
  }
  return value;
}

const probe = document.body.appendChild(document.createElement("span"));
probe.hidden = true;

/** The colour that a variable of the style sheet has in this theme, as "rgb(...)". */
function colour(name) {
  probe.style.color = `var(--${name})`;
  return getComputedStyle(probe).color;
}

/** The same as three numbers. */
const rgb = (name) => colour(name).match(/[\d.]+/g).slice(0, 3).map(Number);

const decode = (base64) => Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));

root.classList.toggle("old", !("DecompressionStream" in window));

/** The bytes of what `deflated` made. */
async function inflate(base64) {
  const stream = new Blob([decode(base64)]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** The numbers of what `rounded` made. */
async function unrounded({ largest, data: bytes }) {
  return Float32Array.from(new Int8Array((await inflate(bytes)).buffer), (n) => (n * largest) / 127);
}

const dark = () =>
  (root.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";

function redraw() {
  for (const element of document.querySelectorAll("body [data-en]")) {
    element.setAttribute("aria-label", chinese() ? element.dataset.zh : element.dataset.en);
  }
  document.title = say([title.dataset.en, title.dataset.zh]);
  root.classList.toggle("dark", dark());
  const language = document.getElementById("language");
  language.textContent = chinese() ? "English" : "中文";
  language.lang = chinese() ? "en" : "zh-CN";
  document.getElementById("theme").textContent = say(dark() ? ["Light", "浅色"] : ["Dark", "深色"]);
  document.dispatchEvent(new Event("redraw"));
}

document.getElementById("language").addEventListener("click", () => {
  root.lang = remember("language", chinese() ? "en" : "zh-CN");
  redraw();
});
document.getElementById("theme").addEventListener("click", () => {
  root.dataset.theme = remember("theme", dark() ? "light" : "dark");
  redraw();
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
root.lang = remembered("language") ?? (navigator.language.startsWith("zh") ? "zh-CN" : "en");
if (remembered("theme")) root.dataset.theme = remembered("theme");
addEventListener("DOMContentLoaded", redraw); // when the scripts that listen are there
