// The stretch of the song on the screen. All lanes share one.

const SHORTEST = 0.5; // s; nearer than this there is nothing more to see

const clamp = (value, low, high) => Math.max(low, Math.min(high, value));

class Timeline {
  from = 0;
  to = 0;
  duration = 0;

  constructor(onchange) {
    this.onchange = onchange;
  }

  // Another song is shown whole; the same one stays as it is.
  show(song, duration) {
    if (song === this.song && duration === this.duration) return;
    Object.assign(this, { song, duration });
    this.set(0, duration);
  }

  set(from, to) {
    const span = clamp(to - from, Math.min(SHORTEST, this.duration), this.duration);
    const start = clamp(from, 0, this.duration - span);
    if (start === this.from && start + span === this.to) return;
    Object.assign(this, { from: start, to: start + span });
    this.onchange();
  }

  // A factor below 1 comes nearer; the moment `around` stays where it is.
  zoom(factor, around = (this.from + this.to) / 2) {
    const span = clamp(this.span * factor, Math.min(SHORTEST, this.duration), this.duration);
    const start = around - this.share(around) * span;
    this.set(start, start + span);
  }

  scroll(seconds) {
    const start = clamp(this.from + seconds, 0, this.duration - this.span);
    this.set(start, start + this.span);
  }

  // Turn the page when the playhead has left it.
  follow(time) {
    if (time < this.from || time > this.to) this.scroll(time - 0.04 * this.span - this.from);
  }

  get span() {
    return this.to - this.from;
  }

  get whole() {
    return this.span >= this.duration;
  }

  // Where a moment lies on the screen, 0 at the left edge and 1 at the right; and back.
  share(time) {
    return this.span ? (time - this.from) / this.span : 0;
  }

  time(share) {
    return this.from + share * this.span;
  }
}
