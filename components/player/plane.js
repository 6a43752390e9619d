// The valence-arousal plane: the song's place and how far off it may be, its path, and the moment that is heard; or, where
// the prediction has a `spread`, the ellipse that listeners' ratings of that moment would fill.

const SCALE = 100; // SVG units for 1

class Plane {
  constructor(place) {
    this.root = place;
    this.find = (selector) => place.querySelector(selector);
  }

  show(prediction, whatIf) {
    this.root.hidden = !prediction;
    this.prediction = prediction;
    if (!prediction) return;
    this.path(".path", prediction);
    this.put(".whole", prediction.values);
    this.outlines(prediction);
    for (const name of [".changed", ".after"]) this.find(name).toggleAttribute("hidden", !whatIf);
    this.path(".what-if", whatIf);
    if (whatIf) this.put(".changed", whatIf.values);
    if (whatIf) this.write(".after", whatIf.values);
    this.write(".song", prediction.values);
  }

  path(name, curve) {
    const points = curve ? curve.times.map((_, i) => `${SCALE * curve.valence[i]},${-SCALE * curve.arousal[i]}`) : [];
    this.find(name).setAttribute("points", points.join(" "));
  }

  put(name, { valence, arousal }) {
    this.find(name).setAttribute("transform", `translate(${SCALE * valence} ${-SCALE * arousal})`);
  }

  // One standard deviation of the model's error on songs it never saw; or the mean of the listeners' spread.
  outlines({ values, covariance: [[vv, va], [, aa]], spread }) {
    this.find(".error").toggleAttribute("hidden", !!spread);
    for (const name of [".usual", ".around", ".width", ".told"]) this.find(name).toggleAttribute("hidden", !spread);
    this.ring(spread ? ".usual" : ".error", values, { vv, va, aa }, spread?.reach ?? 1);
  }

  // The contour of a Gaussian that lies `reach` standard deviations out.
  ring(name, { valence, arousal }, { vv, va, aa }, reach) {
    const turn = Math.atan2(2 * va, vv - aa) / 2;
    const spread = Math.hypot((vv - aa) / 2, va);
    const [long, short] = [1, -1].map((way) => SCALE * reach * Math.sqrt(Math.max((vv + aa) / 2 + way * spread, 0)));
    const shape = { rx: long, ry: short, transform:
      `translate(${SCALE * valence} ${-SCALE * arousal}) rotate(${(-turn * 180) / Math.PI})` };
    for (const [key, to] of Object.entries(shape)) this.find(name).setAttribute(key, to);
  }

  write(name, { valence, arousal }) {
    this.find(`${name} .valence`).textContent = signed(valence);
    this.find(`${name} .arousal`).textContent = signed(arousal);
  }

  // The moment at the playhead.
  tick(time) {
    if (!this.prediction) return;
    const now = Object.fromEntries(Object.keys(LINES).map((name) => [name, value(this.prediction, name, time)]));
    this.put(".now", now);
    this.write(".moment", now);
    if (this.prediction.spread) this.listeners(time, now);
  }

  // How far listeners would differ at the playhead: the outline, and one standard deviation in numbers.
  listeners(time, now) {
    const { times, spread } = this.prediction;
    const [vv, va, aa] = ["vv", "va", "aa"].map((name) => value({ times, ...spread }, name, time));
    this.ring(".around", now, { vv, va, aa }, spread.reach);
    const [valence, arousal] = Object.keys(LINES).map((name) => deviation(this.prediction, name, time).toFixed(2));
    this.find(".width .valence").textContent = `\u00b1${valence}`;
    this.find(".width .arousal").textContent = `\u00b1${arousal}`;
    const said = `At ${minutes(time)} listeners would spread by ${valence} in valence and ${arousal} in arousal.`;
    if (said !== this.find(".told").textContent) this.find(".told").textContent = said;
  }

  // The mixer's answer: these seconds with the faders as they are, and as they were. Null takes it away, as does an
  // answer that changes nothing.
  live(answer) {
    if (answer && Object.keys(LINES).every((name) => answer.now[name] === answer.plain[name])) answer = null;
    for (const name of [".live", ".plain", ".pull", ".fader"]) this.find(name).toggleAttribute("hidden", !answer);
    if (!answer) return;
    this.put(".live", answer.now);
    this.put(".plain", answer.plain);
    const ends = { x1: answer.plain.valence, y1: -answer.plain.arousal, x2: answer.now.valence, y2: -answer.now.arousal };
    for (const [name, to] of Object.entries(ends)) this.find(".pull").setAttribute(name, SCALE * to);
    this.write(".fader", answer.now);
    this.find(".fader .span").textContent = `${minutes(answer.from)}\u2013${minutes(answer.to)}`;
  }
}
