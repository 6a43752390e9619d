// A picture over time: loudness in greys, and over it in colour what an explanation found.

// A byte at the end of the scale stands for all beyond it.
const beyond = (level, { low, high }) => (level <= low ? "under " : level >= high ? "over " : "");

class Heat extends Lane {
  constructor(spec, onload) {
    super(spec, onload);
    this.base = new Picture(spec.image, onload);
    this.over = spec.over ? new Picture(spec.over, onload) : null;
  }

  // A new explanation over the same sound keeps the greys.
  take(spec) {
    if (JSON.stringify(spec.over) !== JSON.stringify(this.spec.over))
      this.over = spec.over ? new Picture(spec.over, this.onload) : null;
    this.spec = spec;
    return this;
  }

  // Greys step back under colours.
  get most() {
    return this.over ? 0.6 : 0.85;
  }

  body = ({ narrow }) => (this.spec.rows ? (narrow ? 120 : 138) : narrow ? 210 : 270);

  paint(pen, see) {
    this.header = this.over && see.narrow ? 34 : 17;
    super.paint(pen, see);
  }

  // Where a frequency lies, 0 at the bottom and 1 at the top; and back.
  up(hertz) {
    const [low, high] = this.spec.image.hz;
    return Math.log(hertz / low) / Math.log(high / low);
  }

  hertz(up) {
    const [low, high] = this.spec.image.hz;
    return low * (high / low) ** up;
  }

  axis(pen, see) {
    const height = this.body(see);
    const { rows } = this.spec;
    if (rows) rows.forEach((name, i) => label(pen, name, -5, height * (1 - (i + 0.5) / rows.length), { align: "right" }));
    else
      for (const hz of HERTZ) {
        const y = height * (1 - this.up(hz));
        if (y > 4 && y < height - 4) label(pen, `${hz}`, -5, y, { align: "right" });
      }
  }

  draw(pen, see) {
    pen.fillStyle = see.faint;
    pen.globalAlpha = 0.35;
    pen.fillRect(0, 0, see.width, see.height);
    pen.globalAlpha = 1;
    this.put(pen, see, this.base, 0, 1);
    if (!this.over) return;
    pen.globalAlpha = see.opacity ?? 0.9;
    this.put(pen, see, this.over, ...this.spec.over.hz.map((hz) => this.up(hz)));
    pen.globalAlpha = 1;
  }

  put(pen, { x, width, height, time, ink }, picture, bottom, top) {
    picture.colour(ink, this.most);
    for (const [image, column, columns, start, end] of picture.pieces(time.from, time.to, width)) {
      const [left, right] = [start, end].map((t) => Math.round(x(t))); // no seams
      pen.imageSmoothingEnabled = columns > right - left; // a cell seen from near keeps its edges
      const [up, down] = [height * (1 - top), height * (1 - bottom)];
      pen.drawImage(image, column, 0, columns, image.height, left, up, right - left, down - up);
    }
  }

  legend(pen, see) {
    const { image, over } = this.spec;
    const right = see.left + see.width;
    const greys = (share) => `rgba(${rgb(see.ink).join()},${this.most * share ** 1.3})`;
    const ends = image.unit === "dB" ? [integer(image.low), `${integer(image.high)} dB`] : ["weak", "strong"];
    const free = this.bar(pen, see, right, 8, ends, greys);
    if (!over) return;
    const shares = over.unit === "share"; // which say where, and not which way
    const signed = (at) => (shares ? at : 2 * at - 1);
    const colours = (at) => `rgba(${signed(at) < 0 ? LOWERS : RAISES},${Math.abs(signed(at)) ** 0.7})`;
    const high = tiny(over.high);
    const said = shares ? ["0", `${high} of 1`] : [`lowers ${tiny(over.low)}`, `${high} raises ${over.unit}`];
    this.bar(pen, see, see.narrow ? right : free - 18, see.narrow ? 25 : 8, said, colours);
  }

  // A colour scale that ends at `right`; returns where it begins.
  bar(pen, see, right, y, [low, high], colour) {
    pen.fillStyle = see.soft;
    label(pen, high, right, y, { align: "right" });
    const end = right - pen.measureText(high).width - 5;
    for (let i = 0; i < 60; i++) {
      pen.fillStyle = colour(i / 59);
      pen.fillRect(end - 60 + i, y - 4, 1, 8);
    }
    pen.strokeStyle = see.faint;
    pen.strokeRect(end - 60.5, y - 4.5, 61, 9);
    pen.fillStyle = see.soft;
    label(pen, low, end - 65, y, { align: "right" });
    return end - 65 - pen.measureText(low).width;
  }

  // What the cell at this height is; `up` from 0 at the bottom to 1.
  say(time, up) {
    const { image, over, rows } = this.spec;
    const level = this.base.at(time, up);
    if (rows) return level === undefined ? "" : `${rows[Math.floor(up * rows.length)]}: ${level.toFixed(2)}`;
    const hertz = this.hertz(up);
    const said = [`${Math.round(hertz)} Hz (${note(hertz)})`];
    if (level !== undefined) said.push(`${beyond(level, image)}${integer(level)} dB`);
    const [bottom, top] = over ? over.hz.map((hz) => this.up(hz)) : [0, 0];
    const moved = this.over?.at(time, (up - bottom) / (top - bottom));
    if (moved !== undefined) said.push(`${tiny(moved)} ${over.unit}`);
    return said.join(", ");
  }
}
