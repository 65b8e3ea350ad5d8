// An open page keeps itself up to date: told of a change, it asks for the page again and takes from
// it what is different. Nothing moves while updates are paused, and nobody loses their place.
import { morph } from "./morph.js";

const control = document.querySelector("[data-changes]");
// All that changes, where its parts are not always the same ones.
const board = document.querySelector("[data-board]");
const pause = document.getElementById("pause");
const tag = document.getElementById("live-tag");
const words = document.getElementById("live-words");
const news = document.getElementById("news");
const stale = document.getElementById("stale");
// The service speaks every 10 seconds at least.
const SILENCE_MS = 25_000;
const AGAIN_MS = Number(control.dataset.again ?? 1_000);
const SLOW_MS = 1_500;
const LATER_MS = 5_000;
const NEW = "tl-line--new";
// One may look no longer, or there is nothing to look at: the page itself says so.
const NO_MORE = new Set([401, 403, 404]);

let paused = false;
let asking = false;
let failed = false;
// Of what should be shown, and of what is; a page without a mark shows what was told before it.
let mark = board?.dataset.mark;
let shown = mark;
let heard = Date.now();

function say(state) {
  const said = {
    live: ["Live", "green", control.dataset.live],
    paused: ["Paused", "grey", control.dataset.paused],
    lost: ["Not live", "red", "The service has not been heard for a while."],
  }[state];
  if (tag.textContent === said[0]) return;
  tag.textContent = said[0];
  tag.className = `nhsuk-tag nhsuk-tag--${said[1]}`;
  words.textContent = said[2];
  pause.textContent = paused ? "Resume updates" : "Pause updates";
  stale.hidden = state !== "lost";
}

function keyed(root) {
  return new Map([...root.querySelectorAll("[data-key]")].map((part) => [part.dataset.key, part]));
}

function lines() {
  return new Map([...document.querySelectorAll("[data-line]")].map((line) => [line.id, line]));
}

// What one reads: where the keyboard is, else the first thing below the upper edge of the window.
function place() {
  if (scrollY === 0) return null;
  const isSeen = (node) => {
    const { top } = node.getBoundingClientRect();
    return top >= 0 && top < innerHeight;
  };
  const focused = document.activeElement?.closest("[data-key]") && document.activeElement;
  if (focused && isSeen(focused)) return focused;
  return [...document.querySelectorAll("[data-key] [id]")].find(isSeen);
}

function keepingPlace(change) {
  const read = place();
  const before = read?.getBoundingClientRect().top;
  change();
  if (read?.isConnected) scrollBy({ top: read.getBoundingClientRect().top - before, behavior: "instant" });
}

function replaceBoard(fresh) {
  const open = [...board.querySelectorAll("details[open]")].map((details) => details.id);
  const focused = document.activeElement?.closest("[data-board] [id]")?.id;
  board.replaceChildren(...fresh.querySelector("[data-board]").childNodes);
  open.forEach((id) => document.getElementById(id)?.setAttribute("open", ""));
  // Whoever was somewhere on the board is there again.
  const again = focused && document.getElementById(focused);
  if (again) (again.querySelector("summary") ?? again).focus({ preventScroll: true });
}

function take(fresh) {
  const before = keyed(document);
  const after = keyed(fresh);
  const isSame = before.size === after.size
    && [...after].every(([key, part]) => before.get(key)?.tagName === part.tagName);
  const known = lines();
  const latest = [...document.querySelectorAll(`.${NEW}`)];
  latest.forEach((line) => line.classList.remove(NEW));
  let changed = [];
  if (!isSame && board) replaceBoard(fresh);
  else changed = [...after].filter(([key, part]) => before.has(key) && morph(before.get(key), part));
  const added = [...lines()].filter(([id]) => !known.has(id)).map(([, line]) => line);
  // What came last stays marked until more comes.
  (added.length ? added : latest).forEach((line) => line.classList.add(NEW));
  tell(changed.map(([, part]) => part.dataset.name).filter(Boolean), added.length);
  document.dispatchEvent(new Event("board-changed"));
}

function tell(names, count) {
  if (!news || !names.length) return;
  const entries = count ? ` (${count} new ${count === 1 ? "entry" : "entries"})` : "";
  news.textContent = `Updated: ${names.join(", ")}${entries}.`;
}

async function refresh() {
  if (asking || paused || document.hidden || (shown === mark && !failed)) return;
  asking = true;
  const wanted = mark;
  const slow = setTimeout(() => board?.setAttribute("aria-busy", "true"), SLOW_MS);
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (answer.redirected) return location.assign(answer.url);
    if (NO_MORE.has(answer.status)) return location.reload();
    if (!answer.ok) throw new Error(answer.status);
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (!paused) {
      keepingPlace(() => take(fresh));
      shown = fresh.querySelector("[data-board]")?.dataset.mark ?? wanted;
    }
    failed = false;
  } catch {
    failed = true;
  } finally {
    clearTimeout(slow);
    board?.removeAttribute("aria-busy");
    setTimeout(() => {
      asking = false;
      refresh();
    }, AGAIN_MS);
  }
}

function hear() {
  heard = Date.now();
  if (!paused) say("live");
}

function listen() {
  const events = new EventSource(control.dataset.changes);
  events.addEventListener("quiet", hear);
  events.addEventListener("mark", (event) => {
    mark = event.data;
    hear();
    refresh();
  });
  events.addEventListener("error", () => {
    // Closed for good, as when one may look no longer: ask anew, later.
    if (events.readyState !== EventSource.CLOSED) return;
    setTimeout(() => {
      failed = true;
      refresh();
      listen();
    }, LATER_MS);
  });
  addEventListener("pagehide", () => events.close());
}

pause.addEventListener("click", () => {
  paused = !paused;
  say(paused ? "paused" : "live");
  if (!paused) refresh();
});
document.addEventListener("visibilitychange", refresh);
setInterval(() => {
  if (!paused && Date.now() - heard > SILENCE_MS) say("lost");
}, 1_000);
control.hidden = false;
document.getElementById("not-live").hidden = true;
listen();
