// Painting on a picture to ask what it would be without: a box, or a brush whose stroke is many small boxes.

const BRUSH = 26; // px across
const MOST = 1500; // boxes in one question

class Paint {
  tool = null; // null, "box" or "brush"
  boxes = []; // [start, end, low, high] in s and Hz

  constructor(place, stage, { onask, onchange }) {
    Object.assign(this, { place, stage, onask, onchange });
  }

  choose(tool) {
    this.tool = this.tool === tool ? null : tool;
    this.onchange();
  }

  clear() {
    const had = this.boxes.length;
    this.boxes = [];
    this.place.replaceChildren();
    if (had) this.onask([]);
    this.onchange();
  }

  // The pointer went down at `time`, `up` in the picture; false where there is nothing to paint on.
  begin(time, found) {
    if (!this.tool || !found?.lane.spec.paint || found.up < 0 || found.up > 1) return false;
    this.anchor = { time, up: found.up, found };
    if (this.tool === "box") this.boxes = [];
    this.move(time, found.up);
    return true;
  }

  move(time, up) {
    const { anchor } = this;
    if (this.tool === "box") this.boxes = [this.corners(anchor.time, time, anchor.up, up)];
    else if (this.boxes.length < MOST) this.boxes.push(this.stamp(time, up));
    this.draw();
  }

  stamp(time, up) {
    const { timeline } = this.stage;
    const wide = (BRUSH / 2 / this.stage.see().width) * timeline.span;
    const tall = BRUSH / 2 / this.anchor.found.body;
    return this.corners(time - wide, time + wide, up - tall, up + tall);
  }

  corners(t0, t1, up0, up1) {
    const { lane } = this.anchor.found;
    const [start, end] = [Math.min(t0, t1), Math.max(t0, t1)].map((t) => clamp(t, 0, this.stage.timeline.duration));
    const [low, high] = [Math.min(up0, up1), Math.max(up0, up1)].map((up) => lane.hertz(clamp(up, 0, 1)));
    return [start, end, low, high];
  }

  end() {
    const large = this.boxes.filter(([start, end, low, high]) => end - start > 0.02 && high / low > 1.01);
    this.anchor = null;
    this.boxes = large;
    this.draw();
    if (large.length) this.onask(large);
    this.onchange();
  }

  // Over the lane it was painted on, in the picture's own place.
  draw() {
    const entry = [...this.stage.lanes.values()].find(({ lane }) => lane.spec.paint);
    if (!entry || !this.boxes.length) return this.place.replaceChildren();
    const { lane, canvas } = entry;
    const { width } = this.stage.see();
    const body = canvas.clientHeight - lane.header - 3;
    const top = canvas.offsetTop + lane.header;
    this.place.replaceChildren(...this.boxes.map(([start, end, low, high]) => {
      const box = make("div", "painted");
      const [left, right] = [start, end].map((t) => this.stage.timeline.share(t) * width);
      const [down, up] = [low, high].map((hz) => top + body * (1 - lane.up(hz)));
      Object.assign(box.style, { left: `${left}px`, width: `${right - left}px`, top: `${up}px`, height: `${down - up}px` });
      return box;
    }));
    this.place.classList.toggle("stroke", this.boxes.length > 1);
  }
}
