// Where a voice's sound comes from: memory; or, for songs too long to be held, pieces (windows.js) or a media element.

const RATE = 44100; // Hz, the rate of every file of the project: nothing is resampled
const FADE = 0.006; // s, the time constant of every change of gain, so that nothing clicks
const LEAD = 0.02; // s between deciding to start and starting, besides what the sound card takes at once

const BLOCK = 128 / RATE; // s, what the audio thread renders at once

const whole = (seconds) => Math.round(seconds * RATE) / RATE; // on a sample
const fade = (node, to, when) => node.gain.setTargetAtTime(to, when, FADE);

// Whether the page was held up until that moment: what was told to start then would start late, out of its place.
const missed = ({ currentTime }, moment) => currentTime + 2 * BLOCK >= moment;

// A voice held in memory: starts on the sample it is told to.
class Decoded {
  static kind = "decoded";
  since = Infinity; // the moment of the clock at which it begins to be heard

  static async load(context, url) {
    const answer = await fetch(url);
    if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
    return new Decoded(context, await context.decodeAudioData(await answer.arrayBuffer()));
  }

  constructor(context, buffer) {
    Object.assign(this, { context, buffer });
  }

  start(out, when, offset, loop) {
    this.stop(when);
    const [loopStart, loopEnd] = loop ?? [0, 0];
    this.envelope = new GainNode(this.context, { gain: 0 });
    this.node = new AudioBufferSourceNode(this.context, { buffer: this.buffer, loop: !!loop, loopStart, loopEnd });
    this.node.connect(this.envelope).connect(out);
    fade(this.envelope, 1, (this.since = when));
    this.node.start(when, offset);
  }

  stop(when) {
    if (!this.node) return;
    fade(this.envelope, 0, when);
    this.node.stop(when + 10 * FADE);
    this.node = null;
  }

  follow() {}

  get running() {
    return !!this.node;
  }

  get broken() {
    return false;
  }

  free() {
    this.buffer = null; // a node that still fades out keeps its own reference
  }
}

// A voice in a format that cannot be cut into pieces, played by a media element. It is kept near the clock, within some
// hundredths of a second, not on the sample.
class Streamed {
  static kind = "streamed";
  running = false;

  static async load(context, url) {
    const element = new Audio();
    await new Promise((resolve, reject) => {
      element.oncanplay = resolve;
      element.onerror = () => reject(new Error("it did not arrive, or is no sound this browser can play"));
      Object.assign(element, { preload: "auto", preservesPitch: false, src: url });
    });
    element.oncanplay = element.onerror = null;
    return new Streamed(context, element);
  }

  constructor(context, element) {
    Object.assign(this, { context, element, envelope: new GainNode(context, { gain: 0 }) });
    context.createMediaElementSource(element).connect(this.envelope);
  }

  // Resolves once the sound at `offset` is at hand, so that several streams can start together.
  prepare(offset) {
    clearTimeout(this.pausing);
    this.element.pause();
    this.element.currentTime = offset;
    return new Promise((resolve) => (this.element.onseeked = resolve));
  }

  start(out, when, offset) {
    clearTimeout(this.pausing);
    this.running = true;
    this.began = when;
    this.envelope.connect(out);
    if (Math.abs(this.element.currentTime - offset) > 0.005) this.element.currentTime = offset;
    this.element.play().catch(() => {}); // stopped before it began
    fade(this.envelope, 1, when);
  }

  stop(when) {
    this.running = false;
    fade(this.envelope, 0, when);
    this.pausing = setTimeout(() => this.element.pause(), 1000 * 10 * FADE);
  }

  follow(position) {
    if (this.element.readyState < 3) return; // waiting for the network: seeking again would only delay it
    if (!this.running) return;
    const late = position - this.element.currentTime;
    if (Math.abs(late) > 0.15) this.element.currentTime = position;
    this.element.playbackRate = Math.abs(late) < 0.01 ? 1 : 1 + Math.max(-0.02, Math.min(0.02, late));
  }

  get since() {
    return this.element.readyState < 3 ? Infinity : this.began;
  }

  get broken() {
    return !!this.element.error;
  }

  free() {
    setTimeout(() => {
      this.element.pause();
      this.element.removeAttribute("src");
      this.envelope.disconnect();
    }, 1000 * 10 * FADE);
  }
}
