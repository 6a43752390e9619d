// One voice: its fader, and where its sound comes from. A better source can take over while it plays.

const HANDOVER = 0.1; // s before one source takes over from another: nobody waits, and both must fade at that moment

class Channel {
  volume = 1;
  mute = false;
  solo = false;
  waiting = false; // for its turn to be loaded
  source = null;
  error = null;

  constructor(sound, name) {
    Object.assign(this, { sound, name, out: new GainNode(sound.context, { gain: 0 }) });
    this.out.connect(sound.master);
  }

  expect(url, part) {
    this.part = part;
    if (url !== this.url) Object.assign(this, { url, waiting: true });
  }

  // Held decoded where it fits in memory. Otherwise it is opened when it is needed.
  async load() {
    const { url } = this;
    this.waiting = false;
    this.decodes = this.sound.fits(this);
    if (this.decodes) await this.take(Decoded, url).catch((error) => this.stream(url, error));
    else if (this.sound.needed().includes(this)) await this.open();
    else this.release(); // what it held is another file's
  }

  // Something to hear at once, for a voice that is asked for before it is decoded.
  open() {
    if (this.source && !this.source.broken && this.playing === this.url) return null;
    return (this.opening ??= this.stream(this.url).finally(() => (this.opening = null)));
  }

  async stream(url, earlier) {
    try {
      await this.take(Windowed, url).catch(() => this.take(Streamed, url));
    } catch (error) {
      this.fail(url, earlier ?? error);
    }
  }

  async take(kind, url) {
    const source = await kind.load(this.sound.context, url);
    const decoded = this.instant && this.playing === url;
    if (url !== this.url || this.closed || decoded) return source.free(); // overtaken while it loaded
    const old = this.source;
    const relieves = this.isReady; // one sound takes over from the same sound
    Object.assign(this, { source, playing: url, error: null });
    if (old?.running) {
      this.join(relieves, HANDOVER);
      old.stop(source.since < Infinity ? source.since : this.sound.soon());
    }
    this.sound.changed();
    old?.free();
  }

  fail(url, error) {
    const current = url === this.url && !this.closed && this.playing !== url;
    if (current) this.sound.changed(() => (this.error = error.message));
  }

  // A decoded voice always runs along, so that nothing is nearer at hand.
  get instant() {
    return this.source instanceof Decoded;
  }

  // Whether it runs and can be faded to. One that has just joined is given the time to rise.
  get isReady() {
    const { since, running } = this.source ?? {};
    return !!running && since < Infinity && (this.together || this.sound.context.currentTime > since + 10 * FADE);
  }

  get isLoading() {
    return !this.error && (this.waiting || !!this.opening || (!!this.decodes && !this.source));
  }

  // From that moment of the clock, at the song's place. Either all start together, or one joins those that play.
  start(moment, together = true) {
    const { sound, source, out } = this;
    this.together = together;
    source?.start(out, moment, whole(sound.at(moment)), sound.loop);
  }

  // One that starts too late would be off the others' clock: then once more, with more time.
  join(together = false, lead = this.sound.lead) {
    const moment = this.sound.soon(lead);
    this.start(moment, together);
    if (!missed(this.sound.context, moment)) return;
    this.source?.stop(this.sound.context.currentTime);
    this.join(together, 2 * lead);
  }

  enter() {
    if (this.source && !this.source.broken) this.join();
    else if (!this.error) this.open();
  }

  release() {
    this.source?.stop(this.sound.context.currentTime);
    this.source?.free();
    Object.assign(this, { source: null, playing: null, error: null });
  }

  // The faders stay: whoever drops all voices resets them.
  drop() {
    this.release();
    Object.assign(this, { url: null, waiting: false, decodes: false });
  }

  close() {
    this.drop();
    this.closed = true;
    setTimeout(() => this.out.disconnect(), 1000 * 20 * FADE);
  }
}
