// A pen that writes an SVG: as much of a canvas's 2D context as the lanes use, so that they draw into either.

const OF_PEN = { fillStyle: "#000", strokeStyle: "#000", lineWidth: 1, globalAlpha: 1, font: FONT, textAlign: "left",
  imageSmoothingEnabled: true, dash: [], shift: [0, 0], clipped: "" };
const MARKUP = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

const escaped = (text) => text.replace(/[&<>"]/g, (sign) => MARKUP[sign]);
const short = (number) => String(Math.round(number * 100) / 100);

class SvgPen {
  kept = []; // states that were saved
  parts = []; // of the file
  clips = 0;
  rects = null; // { attributes, path } while rectangles of one look follow each other: a waveform is one path

  constructor(width, height) {
    Object.assign(this, OF_PEN, { width, height, ruler: document.createElement("canvas").getContext("2d") });
  }

  save() {
    this.kept.push(Object.fromEntries(Object.keys(OF_PEN).map((name) => [name, this[name]])));
  }

  restore() {
    Object.assign(this, this.kept.pop());
  }

  translate(x, y) {
    this.shift = [this.shift[0] + x, this.shift[1] + y];
  }

  place(x, y) {
    return `${short(x + this.shift[0])} ${short(y + this.shift[1])}`;
  }

  setLineDash(dash) {
    this.dash = dash;
  }

  beginPath() {
    this.path = "";
  }

  lineTo(x, y) {
    this.path += `${this.path ? "L" : "M"}${this.place(x, y)}`;
  }

  rect(x, y, width, height) {
    this.path += `M${this.place(x, y)}h${short(width)}v${short(height)}h${short(-width)}z`;
  }

  fill() {
    this.add(`<path d="${this.path}" ${this.paint("fill", this.fillStyle)}/>`);
  }

  stroke() {
    const dash = this.dash.length ? ` stroke-dasharray="${this.dash.join(" ")}"` : "";
    const look = `${this.paint("stroke", this.strokeStyle)} fill="none" stroke-width="${this.lineWidth}"${dash}`;
    this.add(`<path d="${this.path}" ${look}/>`);
  }

  clip() {
    this.add(`<clipPath id="clip${(this.clips += 1)}"><path d="${this.path}"/></clipPath>`);
    this.clipped = ` clip-path="url(#clip${this.clips})"`;
  }

  fillRect(x, y, width, height) {
    const look = this.paint("fill", this.fillStyle);
    if (look !== this.rects?.look) this.add("", { look, path: "" });
    this.rects.path += `M${this.place(x, y)}h${short(width)}v${short(height)}h${short(-width)}z`;
  }

  strokeRect(x, y, width, height) {
    this.beginPath();
    this.rect(x, y, width, height);
    this.stroke();
  }

  measureText(text) {
    this.ruler.font = this.font;
    return this.ruler.measureText(text);
  }

  // Every label stands in the middle of its line.
  fillText(text, x, y) {
    const [left, top] = this.place(x, y).split(" ");
    const anchor = { left: "start", center: "middle", right: "end" }[this.textAlign];
    const look = `text-anchor="${anchor}" style="font: ${escaped(this.font)}" ${this.paint("fill", this.fillStyle)}`;
    this.add(`<text x="${left}" y="${top}" dy="0.35em" ${look}>${escaped(text)}</text>`);
  }

  // A part of a picture, which stays a picture of its own pixels.
  drawImage(image, column, row, columns, rows, x, y, width, height) {
    const [left, top] = this.place(x, y).split(" ");
    const cells = this.imageSmoothingEnabled ? "" : ' style="image-rendering: pixelated"';
    const part = `x="${left}" y="${top}" width="${short(width)}" height="${short(height)}" preserveAspectRatio="none"`;
    const whole = `<image width="${image.width}" height="${image.height}"${cells} href="${image.toDataURL()}"/>`;
    this.add(`<g opacity="${this.globalAlpha}"${this.clipped}>
<svg ${part} viewBox="${column} ${row} ${columns} ${rows}">${whole}</svg></g>`);
  }

  // A colour and its opacity apart: not every program that reads an SVG knows rgba().
  paint(kind, colour) {
    const [, parts, alpha] = colour.match(/^rgba\((.+),\s*([\d.e-]+)\)$/) ?? [];
    const opacity = this.globalAlpha * (alpha ?? 1);
    const seen = opacity < 1 ? ` ${kind}-opacity="${Number(opacity.toFixed(3))}"` : "";
    return `${kind}="${escaped(parts ? `rgb(${parts})` : colour)}"${seen}${this.clipped}`;
  }

  // `rects`: the rectangles that begin here, if any.
  add(part, rects = null) {
    if (this.rects) this.parts.push(`<path d="${this.rects.path}" ${this.rects.look}/>`);
    this.rects = rects;
    if (part) this.parts.push(part);
  }

  toString() {
    this.add("");
    const size = `width="${this.width}" height="${this.height}" viewBox="0 0 ${this.width} ${this.height}"`;
    return `<svg xmlns="http://www.w3.org/2000/svg" ${size}>\n${this.parts.join("\n")}\n</svg>\n`;
  }
}
