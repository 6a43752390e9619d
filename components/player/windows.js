// A voice too long to be held: pieces are decoded just before they sound and laid end to end on the clock.

const AHEAD = 4; // s laid in advance
const ENOUGH = 2; // s at hand before a sound begins, so that the next piece has time to come
const RETRY = 1000; // ms after the network failed
const HELD = 4; // decoded pieces a voice keeps, 8 MB

class Windowed {
  static kind = "windowed";

  static async load(context, url) {
    return new Windowed(context, await Flac.open(url));
  }

  pieces = new Map(); // index -> { buffer, loading }, those used last at the end
  broken = false;
  gaps = 0;
  run = null; // what is being laid: { envelope, nodes with their ends, since (s), and in samples moment, position, loop }

  constructor(context, flac) {
    Object.assign(this, { context, flac });
  }

  hold(index) {
    const piece = this.pieces.get(index) ?? {};
    piece.loading ??= this.decode(index, piece);
    this.pieces.delete(index);
    this.pieces.set(index, piece);
    if (this.pieces.size > HELD) this.pieces.delete(this.pieces.keys().next().value);
    return piece;
  }

  async decode(index, piece) {
    try {
      return (piece.buffer = await this.context.decodeAudioData(await this.flac.piece(index)));
    } catch {
      this.pieces.delete(index);
      this.broken = true;
      setTimeout(() => (this.broken = false), RETRY);
    }
  }

  // Resolves once the sound at `offset`, and enough of what follows, is at hand; null where it is already.
  prepare(offset, loop) {
    return this.gather(Math.min(Math.round(offset * RATE), this.flac.samples - 1), this.region(loop));
  }

  gather(position, region) {
    const pieces = [...this.coming(position, region)].map((index) => this.hold(index));
    return pieces.every(({ buffer }) => buffer) ? null : Promise.all(pieces.map(({ loading }) => loading));
  }

  // The pieces that the next seconds lie in, also where a loop turns.
  coming(position, [from, to] = [0, Infinity]) {
    const ends = (start) => [start, Math.min(start + ENOUGH * RATE, to, this.flac.samples) - 1];
    const places = [...ends(position), ...(position + ENOUGH * RATE > to ? ends(from) : [])];
    return new Set(places.map((sample) => Math.floor(sample / this.flac.pieceLength)));
  }

  // A loop in samples.
  region(loop) {
    return loop?.map((seconds) => Math.min(Math.round(seconds * RATE), this.flac.samples));
  }

  start(out, when, offset, loop) {
    this.stop(when);
    const envelope = new GainNode(this.context, { gain: 0 });
    envelope.connect(out);
    const [moment, position] = [when, offset].map((seconds) => Math.round(seconds * RATE));
    this.run = { envelope, moment, position, loop: this.region(loop), nodes: new Map() };
    this.fill(this.run);
  }

  async fill(run) {
    if (run.filling) return;
    run.filling = true;
    while (this.hungry(run)) {
      const waiting = this.gather(run.position, run.loop);
      if (waiting) await waiting; // and look again: it may have taken long
      else if (!this.overdue(run)) this.lay(run);
    }
    run.filling = false;
  }

  hungry(run) {
    const soon = (this.context.currentTime + AHEAD) * RATE;
    return run === this.run && !this.broken && run.moment < soon && run.position < this.flac.samples;
  }

  // A piece that came too late: go on where the others are, and rise from silence as at the start.
  overdue(run) {
    const now = Math.ceil((this.context.currentTime + (this.context.baseLatency || 0)) * RATE);
    if (run.moment > now + (LEAD / 2) * RATE) return false;
    if (run.since !== undefined) this.gap(run);
    const late = now + LEAD * RATE - run.moment;
    run.moment += late;
    run.position += late;
    const [start, end] = run.loop ?? [0, Infinity];
    if (run.position >= end) run.position = start + ((run.position - start) % (end - start));
    return true;
  }

  gap(run) {
    this.gaps++;
    fade(run.envelope, 0, this.context.currentTime);
    run.since = undefined;
  }

  lay(run) {
    const index = Math.floor(run.position / this.flac.pieceLength);
    const first = index * this.flac.pieceLength;
    const { buffer } = this.pieces.get(index);
    const end = Math.min(first + buffer.length, run.loop?.[1] ?? Infinity);
    const when = run.moment / RATE;
    const node = new AudioBufferSourceNode(this.context, { buffer });
    node.connect(run.envelope);
    node.start(when, (run.position - first) / RATE);
    if (missed(this.context, when)) return node.disconnect(); // overdue, then
    if (run.since === undefined) fade(run.envelope, 1, (run.since = when));
    run.moment += end - run.position;
    run.nodes.set(node, run.moment / RATE);
    node.stop(run.moment / RATE);
    node.onended = () => run.nodes.delete(node);
    run.position = end === run.loop?.[1] ? run.loop[0] : end;
  }

  stop(when) {
    if (!this.run) return;
    fade(this.run.envelope, 0, when);
    for (const [node, end] of this.run.nodes) node.stop(Math.min(end, when + 10 * FADE));
    this.run = null;
  }

  follow() {
    if (this.run) this.fill(this.run);
  }

  get running() {
    return !!this.run;
  }

  // The next piece should sound by now and is not at hand.
  get isSilent() {
    const { run, context, flac } = this;
    return run?.since !== undefined && run.moment <= context.currentTime * RATE && run.position < flac.samples;
  }

  // How often that happened.
  get late() {
    return this.gaps + this.isSilent;
  }

  get since() {
    return this.isSilent ? Infinity : this.run?.since ?? Infinity;
  }

  free() {
    this.pieces.clear();
  }
}
