// A list of people stays as it is while it is read: that something is new is told, and no more.
const note = document.getElementById("changed");
const events = new EventSource(note.dataset.changes);
// Somewhere something is reported every second: what has just been made is new enough.
const NEW_MS = 60_000;

let old = false;
let changed = false;

function tell() {
  if (old && changed) note.hidden = false;
}

events.addEventListener("mark", (event) => {
  if (event.data === note.dataset.mark) return;
  changed = true;
  events.close();
  tell();
});
setTimeout(() => {
  old = true;
  tell();
}, NEW_MS);
addEventListener("pagehide", () => events.close());
