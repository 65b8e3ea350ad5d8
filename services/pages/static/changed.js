// A list of people stays as it is while it is read: that something is new is told, and no more.
const note = document.getElementById("changed");
const events = new EventSource(note.dataset.changes);
events.addEventListener("mark", (event) => {
  if (event.data === note.dataset.mark) return;
  note.hidden = false;
  events.close();
});
addEventListener("pagehide", () => events.close());
