"use strict";
// A button beside every command, which copies it.

for (const command of document.querySelectorAll("pre.command")) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy";
  let done = false;
  const name = () => (button.textContent = say(done ? ["Copied", "已复制"] : ["Copy", "复制"]));
  document.addEventListener("redraw", name);
  button.addEventListener("click", async () => {
    getSelection().selectAllChildren(command.querySelector("code"));
    try {
      await navigator.clipboard.writeText(command.textContent);
    } catch {
      document.execCommand("copy"); // a browser that gives a file no clipboard
    }
    done = true;
    name();
    setTimeout(() => name((done = false)), 2000);
  });
  const row = document.createElement("div");
  row.className = "copied";
  command.replaceWith(row);
  row.append(command, button);
}
