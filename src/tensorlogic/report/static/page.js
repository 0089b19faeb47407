// What the page does around the graph. Everything from the file goes in as text, never as markup.
const data = JSON.parse(document.getElementById("data").textContent), {nodes} = data;
const part = name => document.getElementById(name);
const canvas = part("drawing"), overview = part("overview"), search = part("search");
const view = new View(canvas, overview, nodes, tell);
let matches = [], current = -1;

function element(tag, text = "", kind = "") {
  const made = document.createElement(tag);
  made.textContent = text;
  if (kind) made.className = kind;
  return made;
}

function button(text, action, kind = "link") {
  const made = element("button", text, kind);
  made.type = "button";
  made.addEventListener("click", action);
  return made;
}

// What is told of the chosen node.
function tell(node) {
  const details = part("details");
  details.replaceChildren();
  if (!node) return details.append(element("p", "Choose an operation to see what is known of it.", "hint"));
  details.append(element("h3", node.name));
  const facts = element("dl");
  for (const [name, fact] of factsOf(node)) facts.append(element("dt", name), element("dd", fact));
  details.append(facts);
  listed(details, "Takes", node.inputs ?? []);
  listed(details, "Gives", node.outputs ?? []);
  for (const reason of node.reasons ?? []) why(details, reason);
  neighbours(details, "Comes after", node.from.map(index => nodes[index]));
  neighbours(details, "Goes on to", node.users);
}

function factsOf(node) {
  if (node.kind !== "operation") return [["kind", node.kind], ["type", node.type]];
  return [["type", node.type], ["expected on", `${data.units[node.unit]}, in region ${node.region}`],
    ["Neural Engine", node.takes], ["work", node.work], ["moves", node.moves], ["weights", node.weights]];
}

function listed(details, title, lines) {
  if (!lines.length) return;
  const list = element("ul");
  for (const each of lines) list.append(element("li", each));
  details.append(element("h4", title), list);
}

function why(details, {rule, text}) {
  const known = data.rules[rule];
  details.append(element("h4", `Why: ${rule}`), element("p", text));
  if (!known) return;
  if (known.fix) details.append(element("p", `Change: ${known.fix}`));
  details.append(element("p", known.sure, "hint"));
  for (const source of known.sources) details.append(link(source));
}

function link(source) {
  const line = element("p", "", "hint"), address = source.split(" ")[0];
  if (!address.startsWith("https://")) { line.textContent = source; return line; }
  const made = element("a", source);
  made.href = address;
  made.rel = "noreferrer";
  line.append(made);
  return line;
}

function neighbours(details, title, others, most = 8) {
  if (!others.length) return;
  const list = element("ul");
  for (const node of others.slice(0, most)) {
    const item = element("li");
    item.append(button(node.name, () => view.choose(node)));
    list.append(item);
  }
  if (others.length > most) list.append(element("li", `and ${others.length - most} more`));
  details.append(element("h4", title), list);
}

// Searching: all words must be somewhere in what is said of a node.
for (const node of nodes) {
  const unit = node.unit ? `${node.unit} ${data.units[node.unit]}` : node.kind;
  node.said = [node.name, node.type, unit, ...(node.reasons ?? []).map(each => each.rule)].join(" ").toLowerCase();
}

function find(text, first = true) {
  search.value = text;
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  matches = words.length ? nodes.filter(node => words.every(word => node.said.includes(word))) : [];
  view.found = words.length ? new Set(matches) : null;
  current = -1;
  part("count").textContent = words.length ? `${matches.length.toLocaleString("en")} found` : "";
  if (first && matches.length) step(1);
  view.redraw();
}

function step(by) {
  if (!matches.length) return;
  current = (current + by + matches.length) % matches.length;
  part("count").textContent = `${(current + 1).toLocaleString("en")} of ${matches.length.toLocaleString("en")}`;
  view.choose(matches[current]);
}

function reach() {
  part("graph").scrollIntoView({block: "start"});
}

search.addEventListener("input", () => find(search.value, false));
search.addEventListener("keydown", event => {
  if (event.key === "Enter") step(event.shiftKey ? -1 : 1);
  if (event.key === "Escape") find("");
});
const actions = {next: () => step(1), previous: () => step(-1), closer: () => view.zoom(1.4), further: () => view.zoom(1 / 1.4),
  whole: () => view.whole(), start: () => view.start()};
for (const [name, action] of Object.entries(actions)) part(name).addEventListener("click", action);

// What is told above and below leads into the graph.
for (const place of document.querySelectorAll(".place"))
  place.addEventListener("click", () => {
    const node = nodes.find(each => each.name === place.textContent);
    if (node) { reach(); view.choose(node); }
  });
function leads(section, action) {
  document.querySelectorAll(`#${section} tbody tr`).forEach((row, index) => {
    const cell = row.cells[0], text = cell.textContent;
    cell.replaceChildren(button(text, () => { reach(); action(text, index); }));
  });
}
leads("units", text => find(text));
leads("obstacles", text => find(text));
leads("regions", (_, index) => view.choose(nodes.find(node => node.region === index) ?? null));

// Fingers, mouse and keys.
const fingers = new Map();
let moved = 0;
canvas.addEventListener("pointerdown", event => {
  canvas.setPointerCapture(event.pointerId);
  fingers.set(event.pointerId, event);
  if (fingers.size === 1) moved = 0;
});
canvas.addEventListener("pointermove", event => {
  const before = fingers.get(event.pointerId);
  if (!before) return;
  const x = event.clientX - before.clientX, y = event.clientY - before.clientY;
  moved += Math.abs(x) + Math.abs(y);
  const other = [...fingers.values()].find(each => each.pointerId !== event.pointerId);
  fingers.set(event.pointerId, event);
  if (!other) return view.move(x, y);
  const apart = each => Math.hypot(each.clientX - other.clientX, each.clientY - other.clientY);
  const box = canvas.getBoundingClientRect();
  view.move(x / 2, y / 2);
  view.zoom(apart(event) / Math.max(1, apart(before)), (event.clientX + other.clientX) / 2 - box.left,
    (event.clientY + other.clientY) / 2 - box.top);
});
canvas.addEventListener("pointerup", event => {
  if (moved < 6 && fingers.size === 1) view.choose(view.at(event.offsetX, event.offsetY), {show: false});
  fingers.delete(event.pointerId);
});
canvas.addEventListener("pointercancel", event => fingers.delete(event.pointerId));
canvas.addEventListener("wheel", event => {
  if (!event.ctrlKey && document.activeElement !== canvas) return;
  event.preventDefault();
  view.zoom(Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.002)), event.offsetX, event.offsetY);
}, {passive: false});

function jump(event) {
  if (!event.buttons) return;
  view.centre(view.left + canvas.clientWidth / view.scale / 2, event.offsetY / overview.clientHeight * view.height);
}
overview.addEventListener("pointerdown", event => { overview.setPointerCapture(event.pointerId); jump(event); });
overview.addEventListener("pointermove", jump);

function beside(node, by) {
  const row = view.layers[node.layer];
  return row[(row.indexOf(node) + by + row.length) % row.length];
}
const keys = {
  ArrowDown: node => node.users[0], ArrowUp: node => nodes[node.from[0]],
  ArrowLeft: node => beside(node, -1), ArrowRight: node => beside(node, 1),
};
canvas.addEventListener("keydown", event => {
  const way = keys[event.key];
  if (way) view.choose((view.chosen ? way(view.chosen) : nodes[0]) ?? view.chosen);
  else if (event.key === "+" || event.key === "=") view.zoom(1.4);
  else if (event.key === "-") view.zoom(1 / 1.4);
  else if (event.key === "0") view.whole();
  else if (event.key === "Escape") view.choose(null);
  else return;
  event.preventDefault();
});

// The legend: what stands for which unit.
for (const unit of Object.keys(data.units)) {
  const count = nodes.filter(node => node.unit === unit).length;
  if (!count) continue;
  const entry = element("span"), swatch = element("canvas"), pen = swatch.getContext("2d");
  swatch.width = 34;
  swatch.height = 18;
  pen.fillStyle = pattern(pen, unit, view.colours);
  pen.fillRect(0, 0, 34, 18);
  entry.append(swatch, button(`${data.units[unit]} (${count.toLocaleString("en")})`, () => find(data.units[unit])));
  part("legend").append(entry);
}
