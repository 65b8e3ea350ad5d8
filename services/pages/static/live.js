// The board keeps itself up to date: told of a change, it asks for the page again and takes from
// it what is different. Nothing moves while updates are paused.
const control = document.querySelector("[data-changes]");
const board = document.getElementById("board");
const pause = document.getElementById("pause");
const tag = document.getElementById("live-tag");
const words = document.getElementById("live-words");
const stale = document.getElementById("stale");
// The service speaks every 10 seconds at least.
const SILENCE_MS = 25_000;
const AGAIN_MS = 1_000;
const SLOW_MS = 1_500;
const LATER_MS = 5_000;

let paused = false;
let asking = false;
let failed = false;
let mark = board.dataset.mark; // of what should be shown; the board says what it shows
let heard = Date.now();

function say(state) {
  const said = {
    live: ["Live", "green", "The figures change as events arrive."],
    paused: ["Paused", "grey", "The figures stay as they are until you resume."],
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

function take(fresh) {
  const before = keyed(board);
  const after = keyed(fresh);
  const same = before.size === after.size
    && [...after].every(([key, part]) => before.get(key)?.tagName === part.tagName);
  if (!same) {
    const open = [...board.querySelectorAll("details[open]")].map((details) => details.id);
    const focused = document.activeElement?.closest("#board [id]")?.id;
    board.replaceChildren(...fresh.childNodes);
    open.forEach((id) => document.getElementById(id)?.setAttribute("open", ""));
    // Whoever was somewhere on the board is there again.
    const again = focused && document.getElementById(focused);
    if (again) (again.querySelector("summary") ?? again).focus({ preventScroll: true });
  } else {
    for (const [key, part] of after) {
      const shown = before.get(key);
      if (shown.innerHTML !== part.innerHTML) shown.innerHTML = part.innerHTML;
    }
  }
  board.dataset.mark = fresh.dataset.mark;
  document.dispatchEvent(new Event("board-changed"));
}

async function refresh() {
  if (asking || paused || document.hidden || (board.dataset.mark === mark && !failed)) return;
  asking = true;
  const slow = setTimeout(() => board.setAttribute("aria-busy", "true"), SLOW_MS);
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (answer.redirected) return location.assign(answer.url);
    if (!answer.ok) throw new Error(answer.status);
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (!paused) take(fresh.getElementById("board"));
    failed = false;
  } catch {
    failed = true;
  } finally {
    clearTimeout(slow);
    board.removeAttribute("aria-busy");
    setTimeout(() => {
      asking = false;
      refresh();
    }, AGAIN_MS);
  }
}

function listen() {
  const events = new EventSource(control.dataset.changes);
  events.addEventListener("mark", (event) => {
    heard = Date.now();
    mark = event.data;
    if (!paused) say("live");
    refresh();
  });
  events.addEventListener("error", () => {
    // Closed for good, as when one is no longer signed in: ask anew, later.
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
