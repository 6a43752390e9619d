// What is drawn over time. A lane draws itself into a box of any size, on the screen or in a picture to take away.

const LINES = { valence: "#0072B2", arousal: "#D55E00" };
const PITCHES = ["C", "C\u266f", "D", "E\u266d", "E", "F", "F\u266f", "G", "A\u266d", "A", "B\u266d", "B"];
const HERTZ = [50, 100, 200, 400, 800, 1600, 3200, 6400, 12800];
const FONT = "11px sans-serif";

const minutes = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
const tenths = (seconds) => `${minutes(seconds + 1e-6)}.${Math.floor(((seconds + 1e-6) % 1) * 10)}`;
const signed = (value, digits = 2) => (value < 0 ? "\u2212" : "+") + Math.abs(value).toFixed(digits);
const integer = (value) => (value < 0 ? "\u2212" : "") + Math.round(Math.abs(value));
const tiny = (value) => (value < 0 ? "\u2212" : "+") + brief(Math.abs(value));

// Two digits of a number that is not negative: 0.0021, or 4.6\u00b710\u207b\u2076 where the zeros would have to be counted.
function brief(size) {
  if (!size || size >= 1e-4) return Number(size.toPrecision(2)).toString();
  const [digits, power] = size.toExponential(1).split("e-");
  return `${digits}\u00b710\u207b${[...power].map((digit) => "\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079"[digit]).join("")}`;
}

// The nearest note: 440 Hz is A4.
const note = (hertz) => {
  const key = Math.round(69 + 12 * Math.log2(hertz / 440));
  return PITCHES[((key % 12) + 12) % 12] + (Math.floor(key / 12) - 1);
};

// A target's value at `time`, between the curve's points in a straight line.
function value(curve, name, time) {
  const { times, [name]: values } = curve;
  const next = times.findIndex((t) => t >= time);
  if (next <= 0) return next ? values.at(-1) : values[0];
  const share = (time - times[next - 1]) / (times[next] - times[next - 1]);
  return values[next - 1] + share * (values[next] - values[next - 1]);
}

// How far listeners would differ in a target at `time`: one standard deviation.
function deviation({ times, spread }, name, time) {
  const variance = name === "valence" ? "vv" : "aa";
  return Math.sqrt(value({ times, [variance]: spread[variance] }, variance, time));
}

function line(pen, xs, ys) {
  pen.beginPath();
  xs.forEach((x, i) => pen.lineTo(x, ys[i]));
  pen.stroke();
}

function label(pen, text, x, y, { align = "left", baseline = "middle" } = {}) {
  Object.assign(pen, { textAlign: align, textBaseline: baseline });
  pen.fillText(text, x, y);
}

// What all lanes share: `spec` as it came from Python, and a header line above the box.
class Lane {
  header = 17;

  constructor(spec, onload) {
    Object.assign(this, { spec, onload });
  }

  // `see`: { left, width (of the box, after the gutter), height, time (a Timeline), ink, soft, faint, narrow }
  paint(pen, see) {
    pen.font = FONT;
    pen.fillStyle = see.soft;
    if (this.header) label(pen, this.spec.label, see.left + 4, 8);
    pen.save();
    pen.translate(see.left, this.header);
    this.axis?.(pen, see);
    pen.beginPath();
    pen.rect(0, 0, see.width, this.body(see));
    pen.clip();
    this.draw(pen, { ...see, height: this.body(see), x: (t) => see.time.share(t) * see.width });
    pen.restore();
    this.legend?.(pen, see);
  }

  height(see) {
    return this.header + this.body(see) + 3;
  }

  close() {}
}

// Valence and arousal over the song; where a change is tried out, its values as broken lines; where listeners would differ,
// a band of one standard deviation to each side.
class Curves extends Lane {
  body = ({ narrow }) => (narrow ? 64 : 78);

  y = (value, height) => (height / 2) * (1 - 0.94 * value);

  axis(pen, see) {
    for (const [text, v] of [["+1", 0.86], ["0", 0], ["\u22121", -0.86]])
      label(pen, text, -5, this.y(v, this.body(see)), { align: "right" });
  }

  draw(pen, see) {
    const { height, width, faint, duration } = see;
    pen.strokeStyle = faint;
    for (const v of [1, 0, -1]) line(pen, [0, width], [this.y(v, height), this.y(v, height)]);
    for (const [name, colour] of Object.entries(LINES)) {
      Object.assign(pen, { strokeStyle: colour, fillStyle: colour, lineWidth: 2 });
      if (this.spec.curve?.spread) this.band(pen, see, this.spec.curve, name, duration);
      if (this.spec.curve) this.curve(pen, see, this.spec.curve, name, duration);
      pen.setLineDash([4, 3]);
      if (this.spec.what_if) this.curve(pen, see, this.spec.what_if, name, duration);
      pen.setLineDash([]);
    }
  }

  // The first and last window's values reach the ends of the song.
  curve(pen, { x, height }, curve, name, duration) {
    const times = [0, ...curve.times, duration];
    line(pen, times.map(x), times.map((t) => this.y(value(curve, name, t), height)));
  }

  band(pen, { x, height }, curve, name, duration) {
    const times = [0, ...curve.times, duration];
    const at = (t, way) => [x(t), this.y(value(curve, name, t) + way * deviation(curve, name, t), height)];
    const sides = [1, -1].map((way) => times.map((t) => at(t, way)));
    pen.globalAlpha = 0.18;
    pen.beginPath();
    for (const point of [...sides[0], ...sides[1].reverse()]) pen.lineTo(...point);
    pen.fill();
    pen.globalAlpha = 1;
  }

  legend(pen, { left, width, narrow }) {
    let x = left + width;
    const names = [["arousal", LINES.arousal], ["valence", LINES.valence]];
    for (const [name, colour] of names) {
      x -= pen.measureText(name).width;
      label(pen, name, x, 8);
      x -= 18;
      pen.save();
      pen.fillStyle = colour;
      pen.fillRect(x, 6, 13, 3);
      pen.restore();
      x -= 12;
    }
    if (this.spec.what_if && !narrow) label(pen, "broken: with your changes", x, 8, { align: "right" });
  }

  say(time) {
    const { curve } = this.spec;
    if (!curve) return "";
    const off = (name) => (curve.spread ? ` \u00b1${deviation(curve, name, time).toFixed(2)}` : "");
    return ["valence", "arousal"].map((name) => `${name} ${signed(value(curve, name, time))}${off(name)}`).join(", ");
  }
}

// Lowest and highest sample of each column; beats as ticks along the bottom.
class Wave extends Lane {
  bytes = new Int8Array(0);
  loudest = 0;

  constructor(spec, onload) {
    super(spec, onload);
    if (spec.voice) this.header = 0;
    this.fetch();
  }

  async fetch() {
    try {
      const answer = await fetch(this.spec.url);
      if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
      this.bytes = new Int8Array(await answer.arrayBuffer());
      this.loudest = this.bytes.reduce((most, byte) => Math.max(most, Math.abs(byte)), 0);
      this.onload();
    } catch (error) {
      this.onload(error);
    }
  }

  body = ({ narrow }) => (this.spec.voice ? (narrow ? 34 : 44) : narrow ? 56 : 72);

  axis(pen, see) {
    if (this.spec.voice) label(pen, see.narrow ? this.spec.label.slice(0, 6) : this.spec.label, -5, this.body(see) / 2, { align: "right" });
    else label(pen, "level", -5, this.body(see) / 2, { align: "right" });
  }

  draw(pen, see) {
    const { bytes, spec } = this;
    const columns = bytes.length / 2;
    const scale = see.loudest || 127; // one for all lanes: a quiet stem looks quiet
    pen.globalAlpha = see.silent?.(spec.voice) ? 0.25 : 1;
    pen.fillStyle = see.colour?.(spec.voice) ?? spec.colour;
    const wide = 1 / see.density; // a pixel of the screen
    for (let x = 0; x < see.width; x += wide) {
      const [from, to] = [x, x + wide].map((edge) => Math.floor(see.time.time(edge / see.width) * spec.rate));
      let [low, high] = [0, 0];
      for (let i = Math.max(0, from); i < Math.min(columns, Math.max(to, from + 1)); i++) {
        low = Math.min(low, bytes[2 * i]);
        high = Math.max(high, bytes[2 * i + 1]);
      }
      const top = (see.height / 2) * (1 - high / scale);
      pen.fillRect(x, Math.min(top, see.height / 2 - 0.5), wide, Math.max(1, ((high - low) / (2 * scale)) * see.height));
    }
    pen.globalAlpha = 1;
    this.beats(pen, see);
  }

  // Left out where they lie too densely to tell apart.
  beats(pen, { beats = [], time, width, height, soft, x }) {
    const shown = this.spec.voice ? [] : beats.filter((beat) => beat >= time.from && beat <= time.to);
    if (4 * shown.length > width) return;
    pen.fillStyle = soft;
    for (const beat of shown) pen.fillRect(x(beat) - 0.5, height - 6, 1, 6);
  }

  legend(pen, { left, width, beats = [], ticks = "beats" }) {
    if (this.header && beats.length) label(pen, `ticks: ${ticks}`, left + width, 8, { align: "right" });
  }
}
