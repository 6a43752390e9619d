// A picture over time: loudness in greys, and over it in colour what an explanation found; or that alone.

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

  body = ({ narrow }) => (this.spec.rows ? this.spec.rows.length * (narrow ? 10 : 11.5) : narrow ? 210 : 270);

  get coloured() {
    return !!this.over || this.spec.image.signed;
  }

  paint(pen, see) {
    this.header = this.coloured && see.narrow ? 34 : 17; // a second line for the legend
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

  // From where to where the colours reach; rows with names are the same in both pictures.
  get reach() {
    return this.spec.rows ? [0, 1] : this.spec.over.hz.map((hz) => this.up(hz));
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
    this.put(pen, see, this.over, ...this.reach);
    pen.globalAlpha = 1;
  }

  put(pen, { x, width, height, density, time, ink }, picture, bottom, top) {
    picture.colour(ink, this.most);
    for (const [image, column, columns, start, end] of picture.pieces(time.from, time.to, width * density)) {
      const [left, right] = [start, end].map((t) => Math.round(x(t) * density) / density); // no seams
      pen.imageSmoothingEnabled = columns > (right - left) * density; // a cell seen from near keeps its edges
      const [up, down] = [height * (1 - top), height * (1 - bottom)];
      pen.drawImage(image, column, 0, columns, image.height, left, up, right - left, down - up);
    }
  }

  legend(pen, see) {
    const { image, over } = this.spec;
    const right = see.left + see.width;
    const second = see.narrow ? 25 : 8; // the line of the colours
    if (image.signed) return void this.bar(pen, see, right, second, ...this.colours(image));
    const greys = (share) => `rgba(${rgb(see.ink).join()},${this.most * share ** 1.3})`;
    const ends = image.unit === "dB" ? [integer(image.low), `${integer(image.high)} dB`] : ["weak", "strong"];
    const free = this.bar(pen, see, right, 8, ends, greys);
    if (over) this.bar(pen, see, see.narrow ? right : free - 18, second, ...this.colours(over));
  }

  // The ends of a coloured scale in words, and the colour at a share of it.
  colours({ unit, low, high }) {
    const shares = unit === "share"; // which say where, and not which way
    const signed = (at) => (shares || low === 0 ? at : 2 * at - 1);
    const ends = [low === 0 || shares ? "0" : `lowers ${tiny(low)}`, `${tiny(high)} ${shares ? "of 1" : `raises ${unit}`}`];
    return [ends, (at) => `rgba(${signed(at) < 0 ? LOWERS : RAISES},${Math.abs(signed(at)) ** 0.7})`];
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
    const { image, over, rows, words } = this.spec;
    const level = this.base.at(time, up);
    const [bottom, top] = over ? this.reach : [0, 0];
    const moved = this.over?.at(time, (up - bottom) / (top - bottom));
    const colour = moved === undefined ? [] : [`${tiny(moved)} ${over.unit}`];
    if (rows) {
      if (level === undefined) return "";
      const strength = image.signed ? `${tiny(level)} ${image.unit}` : level.toFixed(2);
      return `${(words ?? rows)[Math.floor(up * rows.length)]}: ${[strength, ...colour].join(", ")}`;
    }
    const hertz = this.hertz(up);
    const loud = level === undefined ? [] : [`${beyond(level, image)}${integer(level)} dB`];
    return [`${Math.round(hertz)} Hz (${note(hertz)})`, ...loud, ...colour].join(", ");
  }
}
