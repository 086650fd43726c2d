// Refreshes the live parts of the page, sends small forms in the background, moves by keys.
"use strict";

const PAUSE = 1000;
const wait = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

function address(part) {
  const query = new URLSearchParams(location.search);
  if (part.dataset.open) query.set("open", part.dataset.open);
  return `${part.dataset.live}?${query}`;
}

async function refresh(part) {
  const response = await fetch(address(part));
  if (!response.ok) return;
  const html = await response.text();
  if (html === part.shown) return;
  const focused = part.contains(document.activeElement) ? document.activeElement.id : "";
  const first = part.shown === undefined;
  part.shown = html;
  if (first && part.innerHTML.trim() === html.trim()) return;
  part.innerHTML = html;
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
}

async function watch(part) {
  for (;;) {
    await wait(PAUSE);
    if (document.hidden) continue;
    await refresh(part).then(
      () => document.body.classList.remove("lost"),
      () => document.body.classList.add("lost"),
    );
  }
}

for (const part of document.querySelectorAll("[data-live]")) watch(part);

for (const form of document.querySelectorAll("form[data-quiet]")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = event.submitter;
    const body = new URLSearchParams(new FormData(form, button));
    button.disabled = true;
    const response = await fetch(form.action, { method: "POST", body, headers: { accept: "application/json" } });
    button.classList.add(response.ok ? "done" : "failed");
    await wait(900);
    button.classList.remove("done", "failed");
    button.disabled = false;
  });
}

document.querySelector(".search select")?.addEventListener("change", (event) => event.target.form.submit());

function step(by) {
  const rows = [...document.querySelectorAll(".rows a")];
  const at = rows.findIndex((row) => row === document.activeElement);
  const now = at >= 0 ? at : rows.findIndex((row) => row.hasAttribute("aria-current"));
  const next = rows[Math.max(0, Math.min(rows.length - 1, now + by))];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select")) return;
  const act = { j: () => step(1), k: () => step(-1), "/": () => document.getElementById("q")?.focus() }[event.key];
  if (!act) return;
  event.preventDefault();
  act();
});
