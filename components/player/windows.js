// A voice too long to be held: pieces are decoded just before they sound and laid end to end on the clock.

const AHEAD = 4; // s laid in advance
const RETRY = 1000; // ms after the network failed
const HELD = 4; // decoded pieces a voice keeps, 8 MB

class Windowed {
  static kind = "windowed";

  static async load(context, url) {
    return new Windowed(context, await Flac.open(url));
  }

  pieces = new Map(); // index -> { buffer, loading }, those used last at the end
  broken = false;
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

  // Resolves once the sound at `offset` is at hand; null where it is already.
  prepare(offset) {
    const sample = Math.min(Math.round(offset * RATE), this.flac.samples - 1);
    const { buffer, loading } = this.hold(Math.floor(sample / this.flac.pieceLength));
    return buffer ? null : loading;
  }

  start(out, when, offset, loop) {
    this.stop(when);
    const envelope = new GainNode(this.context, { gain: 0 });
    envelope.connect(out);
    const [moment, position] = [when, offset].map((seconds) => Math.round(seconds * RATE));
    const region = loop?.map((seconds) => Math.min(Math.round(seconds * RATE), this.flac.samples));
    this.run = { envelope, moment, position, loop: region, nodes: new Map() };
    this.fill(this.run);
  }

  async fill(run) {
    if (run.filling) return;
    run.filling = true;
    while (this.hungry(run)) {
      const { buffer, loading } = this.hold(Math.floor(run.position / this.flac.pieceLength));
      const piece = buffer ?? (await loading); // nothing waits where the piece is at hand
      if (!piece) break;
      if (run === this.run && !this.overdue(run)) this.lay(run, piece);
    }
    run.filling = false;
  }

  hungry(run) {
    const soon = (this.context.currentTime + AHEAD) * RATE;
    return run === this.run && !this.broken && run.moment < soon && run.position < this.flac.samples;
  }

  // A piece that came too late: go on where the others are.
  overdue(run) {
    const soonest = this.context.currentTime + LEAD / 2 + (this.context.baseLatency || 0);
    const late = Math.ceil(soonest * RATE) - run.moment;
    if (late <= 0) return false;
    run.moment += late;
    run.position += late;
    const [start, end] = run.loop ?? [0, Infinity];
    if (run.position >= end) run.position = start + ((run.position - start) % (end - start));
    return true;
  }

  lay(run, buffer) {
    const first = Math.floor(run.position / this.flac.pieceLength) * this.flac.pieceLength;
    const end = Math.min(first + buffer.length, run.loop?.[1] ?? Infinity);
    const node = new AudioBufferSourceNode(this.context, { buffer });
    node.connect(run.envelope);
    if (run.since === undefined) fade(run.envelope, 1, (run.since = run.moment / RATE));
    node.start(run.moment / RATE, (run.position - first) / RATE);
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

  get since() {
    return this.run?.since ?? Infinity;
  }

  free() {
    this.pieces.clear();
  }
}
