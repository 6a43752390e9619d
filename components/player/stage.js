// The lanes, one above the other on one time axis, with the playhead over them. Drawn again only when something changed:
// while the song plays, only the playhead moves.

const KINDS = { curves: Curves, wave: Wave, moments: Moments, heat: Heat };

class Stage {
  lanes = new Map(); // name -> { lane, canvas }
  drawn = 0; // how often, for those who measure

  constructor(place, timeline, { onerror }) {
    Object.assign(this, { place, timeline, onerror });
    this.find = (selector) => place.querySelector(selector);
    this.box = this.find(".lanes");
    this.resizing = new ResizeObserver(() => this.redraw());
    this.resizing.observe(place);
  }

  // Bring the lanes in line with the data. A lane that is not shown fetches nothing.
  show(specs, look) {
    this.look = look;
    const wanted = specs.filter((spec) => !spec.hidden);
    for (const [name, { lane, canvas }] of this.lanes) {
      const spec = wanted.find((s) => s.name === name);
      if (spec && spec.url === lane.spec.url && spec.image?.overview === lane.spec.image?.overview) continue;
      canvas.remove();
      this.lanes.delete(name);
    }
    wanted.forEach((spec, i) => {
      const { canvas } = this.lanes.get(spec.name) ?? this.add(spec);
      const { lane } = this.lanes.get(spec.name);
      if (lane.take) lane.take(spec);
      else lane.spec = spec;
      if (this.box.children[i] !== canvas) this.box.insertBefore(canvas, this.box.children[i] ?? null);
    });
    this.redraw();
  }

  add(spec) {
    const onload = (error) => (error ? this.onerror(`${spec.label} could not be loaded: ${error.message}.`) : this.redraw());
    const made = { lane: new KINDS[spec.kind](spec, onload), canvas: make("canvas", "lane") };
    made.canvas.dataset.testid = `lane-${spec.name}`;
    made.canvas.setAttribute("aria-hidden", "true");
    this.lanes.set(spec.name, made);
    return made;
  }

  // How everything looks now: the colours of the page, the room there is.
  see(width = this.place.clientWidth) {
    const style = getComputedStyle(this.place);
    const narrow = width < 560;
    const left = narrow ? 36 : 48;
    const [ink, paper] = [style.color, style.getPropertyValue("--paper")];
    const [soft, faint] = [0.65, 0.16].map((alpha) => `rgba(${rgb(ink).join()},${alpha})`);
    const loudest = Math.max(0, ...[...this.lanes.values()].map(({ lane }) => lane.loudest ?? 0));
    return { ...this.look, loudest, ink, paper, soft, faint, narrow, left, width: Math.max(1, width - left),
      density: window.devicePixelRatio || 1, time: this.timeline };
  }

  redraw() {
    this.waiting ??= requestAnimationFrame(() => {
      this.waiting = null;
      if (this.place.clientWidth) this.draw();
    });
  }

  draw() {
    const see = this.see();
    this.place.style.setProperty("--gutter", `${see.left}px`);
    for (const { lane, canvas } of this.lanes.values()) {
      if (lane instanceof Heat) lane.header = lane.coloured && see.narrow ? 34 : 17;
      lane.paint(this.sheet(canvas, lane.height(see), see), see);
    }
    axis(this.sheet(this.find(".axis"), 18, see), see);
    this.drawn += 1;
    this.ondraw?.(see);
  }

  // The canvas cleared, with one unit per CSS pixel, however dense the screen is.
  sheet(canvas, height, { density }) {
    const [width, tall] = [Math.round(this.place.clientWidth * density), Math.round(height * density)];
    if (canvas.width !== width || canvas.height !== tall) Object.assign(canvas, { width, height: tall });
    canvas.style.height = `${height}px`;
    const pen = canvas.getContext("2d");
    pen.setTransform(density, 0, 0, density, 0, 0);
    pen.clearRect(0, 0, width, tall);
    return pen;
  }

  // The lane under a point of the screen, and how far up in it the point lies.
  under(y) {
    for (const { lane, canvas } of this.lanes.values()) {
      const { top, height } = canvas.getBoundingClientRect();
      if (y < top || y >= top + height) continue;
      const body = height - lane.header - 3;
      return { lane, up: 1 - (y - top - lane.header) / body, top: top + lane.header, body };
    }
    return null;
  }

  // "0:31.2, 440 Hz (A4), -32 dB": what is at that moment, and in that lane at that height.
  say(time, y) {
    const found = this.under(y);
    const said = found?.lane.say && found.up >= 0 && found.up < 1 ? found.lane.say(time, found.up) : "";
    return `${tenths(time)}${said ? `, ${said}` : ""}`;
  }

  // All that is on the stage as one picture at twice the density, or as an SVG.
  picture(title) {
    return this.copy(title, (width, height) => {
      const pen = canvas(2 * width, 2 * height).getContext("2d");
      pen.scale(2, 2);
      return pen;
    }).canvas;
  }

  vector(title) {
    return this.copy(title, (width, height) => new SvgPen(width, height)).toString();
  }

  // The stage drawn `width` CSS pixels wide, with the pen that `begin` gives for a size.
  copy(title, begin, width = 1200) {
    const see = { ...this.see(width), density: 2 };
    const lanes = [...this.lanes.values()].map(({ lane }) => lane);
    const tall = lanes.reduce((sum, lane) => sum + lane.height(see), 0) + 60;
    const pen = begin(width + 32, tall);
    Object.assign(pen, { fillStyle: see.paper, font: "600 14px sans-serif" });
    pen.fillRect(0, 0, width + 32, tall);
    pen.fillStyle = see.ink;
    label(pen, title, 16, 18);
    pen.translate(16, 34);
    for (const lane of lanes) {
      lane.paint(pen, see);
      pen.translate(0, lane.height(see));
    }
    axis(pen, see);
    return pen;
  }

  close() {
    cancelAnimationFrame(this.waiting);
    this.resizing.disconnect();
  }
}

// Marks in m:ss under the lanes, at most one in 64 px; tenths of seconds from near.
function axis(pen, { left, width, time, soft, faint }) {
  const most = Math.max(2, width / 64);
  const step = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300].find((s) => time.span / s <= most) ?? 600;
  Object.assign(pen, { font: FONT, strokeStyle: faint, fillStyle: soft });
  for (let mark = Math.ceil(time.from / step - 1e-6) * step; mark <= time.to + 1e-6; mark += step) {
    const x = left + time.share(mark) * width;
    line(pen, [x, x], [0, 5]);
    const text = minutes(mark + 1e-6) + (step < 1 ? `.${Math.round((mark % 1) * 10) % 10}` : "");
    label(pen, text, Math.min(x + 3, left + width - pen.measureText(text).width), 11);
  }
}
