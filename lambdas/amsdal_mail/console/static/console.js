// Shows times in the reader's zone, refreshes the live parts of the page, sends small forms in the
// background, moves by keys.
"use strict";

const PAUSE = 1000 * Number(document.body.dataset.refresh || 5);
const wait = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

const WORDS = {
  time: new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" }),
  date: new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" }),
  year: new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", year: "numeric" }),
  short: new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" }),
  full: new Intl.DateTimeFormat(undefined, {
    weekday: "short", day: "2-digit", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit",
    second: "2-digit", hourCycle: "h23", timeZoneName: "short",
  }),
};

function inZone(at, form) {
  if (form === "day") return WORDS.full.format(at);
  const now = new Date();
  if (at.toDateString() === now.toDateString()) return WORDS.time.format(at);
  if (form === "event") return WORDS.short.format(at);
  return (at.getFullYear() === now.getFullYear() ? WORDS.date : WORDS.year).format(at);
}

function showTimes(part) {
  for (const element of part.querySelectorAll("time[data-form]")) {
    const at = new Date(element.dateTime);
    if (Number.isNaN(at.getTime())) continue;
    element.textContent = inZone(at, element.dataset.form);
    element.title = WORDS.full.format(at);
  }
}

function put(part, html) {
  const focused = part.contains(document.activeElement) ? document.activeElement.id : "";
  part.innerHTML = html;
  showTimes(part);
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
}

function address(part) {
  const query = new URLSearchParams(location.search);
  if (part.dataset.open) query.set("open", part.dataset.open);
  return `${part.dataset.live}?${query}`;
}

async function refresh(part) {
  const response = await fetch(address(part));
  if (!response.ok) throw new Error(response.status);
  const html = await response.text();
  if (html === part.shown) return;
  part.shown = html;
  put(part, html);
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

async function load(part) {
  const response = await fetch(part.dataset.load);
  put(part, await response.text());
}

showTimes(document);
for (const part of document.querySelectorAll("[data-live]")) watch(part);
for (const part of document.querySelectorAll("[data-load]")) load(part);

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

document.querySelector(".search select")?.addEventListener("change", (event) => event.target.form.requestSubmit());

// An empty field is no filter: it needs no place in the address.
document.querySelector(".search")?.addEventListener("submit", (event) => {
  for (const field of event.target.elements) if (field.name && !field.value) field.disabled = true;
});

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
