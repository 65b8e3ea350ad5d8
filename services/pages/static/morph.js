// Makes a part of the page like a fresh one and touches nothing that is the same already: what has
// the focus keeps it, what is open stays open, what is read stays where it is.

// Whoever looks at the page decides on these.
const THEIRS = new Set(["open"]);

// Returns whether there was any difference.
export function morph(shown, fresh) {
  const attributes = likeAttributes(shown, fresh);
  const nodes = likeNodes(shown, fresh);
  return attributes || nodes;
}

function likeAttributes(shown, fresh) {
  let changed = false;
  for (const { name } of [...shown.attributes]) {
    if (!fresh.hasAttribute(name) && !THEIRS.has(name)) {
      shown.removeAttribute(name);
      changed = true;
    }
  }
  for (const { name, value } of fresh.attributes) {
    if (shown.getAttribute(name) !== value && !THEIRS.has(name)) {
      shown.setAttribute(name, value);
      changed = true;
    }
  }
  return changed;
}

function likeNodes(shown, fresh) {
  const wanted = new Set([...fresh.children].map((node) => node.id).filter(Boolean));
  const gone = [...shown.children].filter((node) => node.id && !wanted.has(node.id));
  gone.forEach((node) => node.remove());
  const named = new Map([...shown.children].filter((node) => node.id).map((node) => [node.id, node]));
  let changed = gone.length > 0;
  let at = shown.firstChild;
  for (const node of fresh.childNodes) {
    const own = node.id ? named.get(node.id) : isAlike(at, node) && at;
    if (!own) {
      shown.insertBefore(document.importNode(node, true), at);
      changed ||= !isBlank(node);
      continue;
    }
    if (own === at) at = at.nextSibling;
    else shown.insertBefore(own, at);
    changed = likeOne(own, node) || changed;
  }
  while (at) {
    const next = at.nextSibling;
    changed ||= !isBlank(at);
    at.remove();
    at = next;
  }
  return changed;
}

// Two without an id are taken for the same where they are of one kind.
function isAlike(at, node) {
  return at && !at.id && at.nodeName === node.nodeName;
}

function likeOne(own, node) {
  if (node.nodeType === Node.ELEMENT_NODE) return morph(own, node);
  if (own.data === node.data) return false;
  own.data = node.data;
  return true;
}

function isBlank(node) {
  return node.nodeType === Node.TEXT_NODE && !node.data.trim();
}
