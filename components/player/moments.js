// What an explanation says of each moment: bars from a line of zero, up where it raises the value and down where it lowers
// it. Bars are of one width, or where `edges` are given each from its own edge to the next, as from beat to beat.

class Moments extends Lane {
  body = ({ narrow }) => (narrow ? 64 : 78);

  height(see) {
    this.header = see.narrow ? 34 : 17; // a second line for the legend
    return super.height(see);
  }

  // Whether values may lie on both sides of zero; those that cannot stand on the floor.
  get both() {
    return this.spec.signed && !this.spec.floor;
  }

  // One scale for both signs.
  y(value, height) {
    const share = value / this.spec.high;
    return this.both ? (height / 2) * (1 - 0.92 * share) : height * (1 - 0.92 * share);
  }

  // The numbers stand in the legend: they are too long for the gutter.
  axis(pen, see) {
    const height = this.body(see);
    label(pen, "0", -5, clamp(this.y(0, height), 6, height - 5), { align: "right" });
  }

  // Where bar k begins, in s.
  edge(k) {
    const { edges, start, step } = this.spec;
    return edges ? edges[clamp(k, 0, edges.length - 1)] : start + k * step;
  }

  // Which bar `time` lies in; below 0 or beyond the last one where there is none.
  index(time) {
    const { edges, start, step } = this.spec;
    if (!edges) return Math.floor((time - start) / step);
    let [low, high] = [0, edges.length]; // the first edge after `time` lies in between
    while (low < high) {
      const middle = (low + high) >> 1;
      if (edges[middle] <= time) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  draw(pen, see) {
    const { values, high, signed } = this.spec;
    const { height, width, time, faint, x } = see;
    const floor = this.y(0, height);
    pen.strokeStyle = faint;
    for (const v of this.both ? [high, 0, -high] : [high, 0]) line(pen, [0, width], [this.y(v, height), this.y(v, height)]);
    const first = Math.max(0, this.index(time.from));
    const last = Math.min(values.length, this.index(time.to) + 1);
    const across = Math.max(1, Math.ceil(((last - first) * 1.5) / Math.max(1, width))); // bars that share a pixel or two
    for (let i = first - (first % across); i < last; i += across) {
      const run = values.slice(Math.max(0, i), i + across);
      const [left, right] = [i, i + across].map((k) => Math.round(x(this.edge(k))));
      for (const [most, colour] of [[Math.max(0, ...run), RAISES], [Math.min(0, ...run), LOWERS]]) {
        pen.fillStyle = signed ? `rgb(${colour})` : see.soft;
        const y = this.y(most, height);
        const gap = right - left > 3 ? 1 : 0;
        pen.fillRect(left, Math.min(y, floor), Math.max(1, right - left - gap), Math.abs(floor - y));
      }
    }
  }

  legend(pen, see) {
    const { unit, high, values, signed } = this.spec;
    if (!values.length) return;
    let x = see.left + see.width;
    const y = see.narrow ? 25 : 8;
    const size = brief(high);
    pen.fillStyle = see.soft;
    if (!signed) return void label(pen, `${unit}, line at ${size}`, x, y, { align: "right" });
    const lines = this.both ? `lines at \u00b1${size}` : `line at ${size}`;
    for (const [text, colour] of [[`raises ${unit}, ${lines}`, RAISES], ...(this.both ? [["lowers", LOWERS]] : [])]) {
      label(pen, text, x, y, { align: "right" });
      x -= pen.measureText(text).width + 14;
      pen.save();
      pen.fillStyle = `rgb(${colour})`;
      pen.fillRect(x, y - 4, 9, 8);
      pen.restore();
      x -= 12;
    }
  }

  say(time) {
    const i = this.index(time);
    const moved = this.spec.values[i];
    if (moved === undefined) return "";
    const said = this.spec.signed ? `${tiny(moved)} ${this.spec.unit}` : `a share of ${Number(moved.toPrecision(2))}`;
    return this.spec.moment ? `${this.spec.moment} at ${tenths(this.edge(i))}: ${said}` : said;
  }
}
