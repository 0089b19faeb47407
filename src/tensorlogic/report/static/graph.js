"use strict";
// The graph on a canvas: only what is in sight is drawn, and only when something has changed.
const WIDTH = 168, HEIGHT = 34, ACROSS = 190, DOWN = 58, LONGEST = 48;
const SHORT = {ane: "NE", gpu: "GPU", cpu: "CPU", end: ""};

class View {
  constructor(canvas, overview, nodes, onChosen) {
    Object.assign(this, {canvas, overview, nodes, onChosen, scale: 1, left: 0, top: 0, chosen: null, found: null});
    this.layers = [];
    for (const node of nodes) {
      node.x = node.place * ACROSS;
      node.y = node.layer * DOWN;
      node.users = [];
      (this.layers[node.layer] ??= []).push(node);
    }
    for (const node of nodes) for (const source of node.from) nodes[source].users.push(node);
    this.passed = nodes.filter(node => node.users.some(user => user.layer - node.layer > LONGEST));
    this.width = Math.max(0, ...this.layers.map(row => row ? Math.max(...row.map(node => node.x)) : 0)) + WIDTH;
    this.height = (this.layers.length - 1) * DOWN + HEIGHT;
    for (const row of this.layers) row?.sort((one, other) => one.x - other.x);
    new ResizeObserver(() => this.measure()).observe(canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.dye());
    this.measure();
    this.dye();
    this.start();
  }

  measure() {
    for (const canvas of [this.canvas, this.overview]) {
      canvas.width = Math.round(canvas.clientWidth * devicePixelRatio);
      canvas.height = Math.round(canvas.clientHeight * devicePixelRatio);
    }
    this.redraw();
  }

  dye() {
    const style = getComputedStyle(document.documentElement);
    this.colours = {};
    for (const name of ["paper", "raised", "ink", "faint", "line", "wire", "found", "accent", "ane", "gpu", "cpu", "end"])
      this.colours[name] = style.getPropertyValue(`--${name}`).trim();
    this.fills = {};
    for (const unit of Object.keys(SHORT)) this.fills[unit] = pattern(this.canvas.getContext("2d"), unit, this.colours);
    this.redraw();
  }

  redraw() {
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame(() => { this.waiting = false; this.draw(); this.drawOverview(); });
  }

  // What the view shows.
  start() {
    const first = this.nodes[0];
    this.scale = this.canvas.clientWidth < 500 ? 0.8 : 1;
    if (first) this.centre(first.x + WIDTH / 2, this.canvas.clientHeight / this.scale / 2 - 24);
  }

  whole() {
    this.scale = Math.min(1, this.smallest());
    this.centre(this.width / 2, this.height / 2);
  }

  smallest() {
    const {clientWidth, clientHeight} = this.canvas;
    return Math.min(clientWidth / (this.width + 60), clientHeight / (this.height + 60));
  }

  centre(x, y) {
    this.left = x - this.canvas.clientWidth / this.scale / 2;
    this.top = y - this.canvas.clientHeight / this.scale / 2;
    this.move(0, 0);
  }

  move(x, y) {
    const wide = this.canvas.clientWidth / this.scale, high = this.canvas.clientHeight / this.scale;
    this.left = Math.min(Math.max(this.left - x / this.scale, -wide * 0.8), this.width - wide * 0.2);
    this.top = Math.min(Math.max(this.top - y / this.scale, -high * 0.8), this.height - high * 0.2);
    this.redraw();
  }

  zoom(factor, x = this.canvas.clientWidth / 2, y = this.canvas.clientHeight / 2) {
    const before = this.scale;
    this.scale = Math.min(3, Math.max(Math.min(0.2, this.smallest()), before * factor));
    this.left += x / before - x / this.scale;
    this.top += y / before - y / this.scale;
    this.move(0, 0);
  }

  choose(node, {show = true} = {}) {
    this.chosen = node;
    if (node && show) {
      this.scale = Math.max(this.scale, 0.7);
      this.centre(node.x + WIDTH / 2, node.y + HEIGHT / 2);
    }
    this.onChosen(node);
    this.redraw();
  }

  at(x, y) {
    const wide = this.left + x / this.scale, high = this.top + y / this.scale, slack = 4 / this.scale;
    const rows = [Math.floor((high + slack) / DOWN), Math.floor((high - slack) / DOWN)];
    for (const row of rows)
      for (const node of this.layers[row] ?? [])
        if (wide >= node.x - slack && wide <= node.x + WIDTH + slack && high <= node.y + HEIGHT + slack) return node;
    return null;
  }

  draw() {
    const pen = this.canvas.getContext("2d"), scale = this.scale * devicePixelRatio;
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.clearRect(0, 0, this.canvas.width, this.canvas.height);
    pen.setTransform(scale, 0, 0, scale, -this.left * scale, -this.top * scale);
    const high = this.canvas.clientHeight / this.scale, wide = this.canvas.clientWidth / this.scale;
    const from = Math.max(0, Math.floor((this.top - HEIGHT) / DOWN)), to = Math.ceil((this.top + high) / DOWN);
    if (this.scale > 0.06) this.drawLines(pen, from, to);
    for (let row = from; row <= Math.min(to, this.layers.length - 1); row++)
      for (const node of this.layers[row] ?? [])
        if (node.x + WIDTH > this.left && node.x < this.left + wide) this.drawNode(pen, node);
  }

  drawLines(pen, from, to) {
    pen.lineWidth = Math.max(1.2, 0.7 / this.scale);
    pen.strokeStyle = this.colours.wire;
    pen.globalAlpha = 0.35;
    pen.beginPath();
    for (const node of this.passed) for (const user of node.users)
      if (user.layer - node.layer > LONGEST && user.layer >= from && node.layer <= to) bow(pen, node, user);
    pen.stroke();
    pen.globalAlpha = 1;
    pen.beginPath();
    for (let row = Math.max(0, from - LONGEST); row <= Math.min(to, this.layers.length - 1); row++)
      for (const node of this.layers[row] ?? []) for (const user of node.users)
        if (user.layer >= from && user.layer - node.layer <= LONGEST) line(pen, node, user);
    pen.stroke();
    if (!this.chosen) return;
    pen.strokeStyle = this.colours.accent;
    pen.lineWidth *= 2;
    pen.beginPath();
    for (const user of this.chosen.users) join(pen, this.chosen, user);
    for (const source of this.chosen.from) join(pen, this.nodes[source], this.chosen);
    pen.stroke();
  }

  drawNode(pen, node) {
    const {colours} = this, unit = node.unit ?? "end", small = this.scale < 0.3;
    pen.globalAlpha = this.found && !this.found.has(node) ? 0.25 : 1;
    pen.fillStyle = small ? this.fills[unit] : colours.raised;
    box(pen, node.x, node.y, WIDTH, HEIGHT, node.kind === "operation" ? 6 : HEIGHT / 2);
    pen.fill();
    if (!small) this.write(pen, node, unit);
    const marked = node === this.chosen, found = this.found?.has(node);
    pen.strokeStyle = marked ? colours.accent : found ? colours.found : colours[unit];
    pen.lineWidth = (marked || found ? 3.5 : 1.2) / Math.max(0.05, Math.min(1, this.scale));
    box(pen, node.x, node.y, WIDTH, HEIGHT, node.kind === "operation" ? 6 : HEIGHT / 2);
    if (!small || marked || found) pen.stroke();
    pen.globalAlpha = 1;
  }

  write(pen, node, unit) {
    const band = node.kind === "operation" ? 38 : 0;
    if (band) {
      pen.save();
      pen.clip();
      pen.fillStyle = this.fills[unit];
      pen.fillRect(node.x, node.y, band, HEIGHT);
      pen.restore();
      pen.fillStyle = this.colours[unit];
      box(pen, node.x + 3, node.y + 9, band - 6, HEIGHT - 18, 3);
      pen.fill();
      pen.fillStyle = "#fff";
      pen.font = "700 11px system-ui, sans-serif";
      pen.textAlign = "center";
      pen.fillText(SHORT[unit], node.x + band / 2, node.y + 21);
    }
    pen.textAlign = "left";
    pen.fillStyle = this.colours.ink;
    pen.font = "600 12.5px system-ui, sans-serif";
    const title = band ? node.type : node.name, under = band ? node.name : `${node.kind}: ${node.type}`;
    const start = node.x + (band ? band + 7 : 16), room = WIDTH - (start - node.x) - (band ? 6 : 16);
    pen.fillText(fit(pen, title, room), start, node.y + 15);
    pen.fillStyle = this.colours.faint;
    pen.font = "10.5px system-ui, sans-serif";
    pen.fillText(fit(pen, under, room), start, node.y + 28);
  }

  // The units of all layers from top to bottom, and the part that is in sight.
  drawOverview() {
    const pen = this.overview.getContext("2d"), {width, height} = this.overview, rows = this.layers.length;
    pen.clearRect(0, 0, width, height);
    const high = height / rows;
    this.layers.forEach((row, index) => (row ?? []).forEach((node, at) => {
      pen.globalAlpha = this.found && !this.found.has(node) ? 0.2 : 1;
      pen.fillStyle = this.found?.has(node) ? this.colours.found : this.colours[node.unit ?? "end"];
      pen.fillRect(4 + (width - 8) * at / row.length, index * high, (width - 8) / row.length, Math.max(1, high - (high > 3 ? 1 : 0)));
    }));
    pen.globalAlpha = 1;
    pen.strokeStyle = this.colours.ink;
    pen.lineWidth = 2 * devicePixelRatio;
    const top = this.top / DOWN * high, seen = this.canvas.clientHeight / this.scale / DOWN * high;
    const from = Math.max(1, top), to = Math.min(height - 1, top + Math.max(6, seen));
    pen.strokeRect(1, from, width - 2, Math.max(4, to - from));
  }
}

function line(pen, node, user) {
  let x = node.x + WIDTH / 2, y = node.y + HEIGHT;
  pen.moveTo(x, y);
  for (let step = 0; step < user.layer - node.layer - 1; step++) {
    const next = node.lane[step] * ACROSS + WIDTH / 2, at = (node.layer + 1 + step) * DOWN;
    pen.bezierCurveTo(x, (y + at) / 2, next, (y + at) / 2, next, at);
    pen.lineTo(x = next, y = at + HEIGHT);
  }
  const end = user.x + WIDTH / 2;
  pen.bezierCurveTo(x, (y + user.y) / 2, end, (y + user.y) / 2, end, user.y);
}

function bow(pen, node, user) {
  const x = node.x + WIDTH / 2, end = user.x + WIDTH / 2, out = Math.max(x, end) + WIDTH;
  pen.moveTo(x, node.y + HEIGHT);
  pen.bezierCurveTo(out, node.y + 4 * DOWN, out, user.y - 4 * DOWN, end, user.y);
}

function join(pen, node, user) {
  (user.layer - node.layer > LONGEST ? bow : line)(pen, node, user);
}

function box(pen, x, y, width, height, radius) {
  pen.beginPath();
  pen.roundRect(x, y, width, height, radius);
}

// Text with its end cut off where there is no room for it; what was found out is kept.
const fitted = new Map();
function fit(pen, text, room) {
  const key = `${pen.font}|${room}|${text}`;
  if (!fitted.has(key)) {
    let length = text.length;
    while (length > 1 && pen.measureText(length < text.length ? text.slice(0, length) + "…" : text).width > room) length--;
    fitted.set(key, length < text.length ? text.slice(0, length) + "…" : text);
  }
  return fitted.get(key);
}

// Units differ by pattern too: the Neural Engine is plain, the GPU striped, the CPU dotted.
function pattern(pen, unit, colours) {
  if (unit !== "gpu" && unit !== "cpu") return colours[unit];
  const tile = document.createElement("canvas"), brush = tile.getContext("2d");
  tile.width = tile.height = 8;
  brush.fillStyle = colours[unit];
  brush.fillRect(0, 0, 8, 8);
  brush.fillStyle = brush.strokeStyle = "rgb(255 255 255 / .65)";
  brush.lineWidth = 2;
  brush.beginPath();
  if (unit === "gpu") for (const x of [-8, 0, 8]) { brush.moveTo(x, 8); brush.lineTo(x + 8, 0); }
  else brush.arc(4, 4, 1.6, 0, 7);
  unit === "gpu" ? brush.stroke() : brush.fill();
  return pen.createPattern(tile, "repeat");
}
