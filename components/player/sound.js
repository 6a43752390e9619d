// The transport: any number of channels locked to one clock. Nothing in this file touches the page.

const LOST = "the connection was lost";
const LONGEST = 360; // s; a longer song is never held decoded
const MEMORY = navigator.deviceMemory ?? (matchMedia("(pointer: coarse)").matches ? 1 : 4); // GB; unsaid by some browsers
const BUDGET = Math.min(MEMORY, 8) * 125e6; // bytes of decoded sound a player may hold
const places = (window.merPlaces ??= new Map()); // song -> s, where it was left on any page

const whenIdle = window.requestIdleCallback ?? setTimeout;

// `onchange` is called after anything but the passing of time.
class Sound extends Desk {
  wanted = false; // play was pressed
  playing = false; // and the clock runs
  settled = false; // when the faders were set, all that was chosen was running
  suspended = false; // the browser holds the sound back until it is asked again
  loop = null; // [start, end] in s
  region = null; // the loop the user chose last
  origin = { position: 0, moment: 0 }; // the place in the song that sounds at that moment of the context's clock, in s

  constructor(onchange) {
    super(new AudioContext({ sampleRate: RATE }));
    this.onchange = onchange;
    this.context.suspend(); // until there is something to play
  }

  changed(change) {
    change?.();
    this.mix();
    this.onchange();
  }

  // Bring the channels in line with the voices; those that stay are not interrupted.
  setVoices(voices, { song, duration }) {
    if (song !== this.song) this.turnTo(song);
    this.duration = duration;
    for (const [name, channel] of this.channels) if (!voices.some((v) => v.name === name)) channel.close();
    const channel = (voice) => this.channels.get(voice.name) ?? new Channel(this, voice.name);
    this.channels = new Map(voices.map((voice) => [voice.name, channel(voice)]));
    for (const { name, url, part } of voices) this.channels.get(name).expect(url, !!part);
    if (!this.versions.includes(this.voice)) this.voice = this.first;
    if (!this.parts.some(({ name }) => name === this.part)) this.part = this.parts[0]?.name ?? null;
    this.changed();
    this.load();
  }

  // A song taken up again in a new player goes on from its place; another song in the same player begins.
  turnTo(song) {
    const position = this.song === undefined ? places.get(song) ?? 0 : 0;
    this.rewind();
    this.resetParts();
    this.song = song;
    this.origin = { position, moment: 0 };
  }

  fits(channel) {
    const others = [...this.channels.values()].filter((c) => c !== channel && c.decodes).length;
    return this.duration <= LONGEST && (others + 1) * this.duration * RATE * 8 <= BUDGET;
  }

  // One after the other: what sounds at once, the rest while there is nothing else to do.
  async load() {
    if (this.loading) return;
    this.loading = true;
    for (let next; (next = this.next()); ) {
      if (!this.needed().includes(next)) await new Promise((resolve) => whenIdle(resolve, { timeout: 2000 }));
      if (next.waiting) await next.load();
    }
    this.loading = false;
  }

  next() {
    const waiting = [...this.channels.values()].filter((channel) => channel.waiting);
    return waiting.find((channel) => this.needed().includes(channel)) ?? waiting[0];
  }

  at(moment) {
    const position = this.origin.position + Math.max(0, moment - this.origin.moment);
    if (!this.loop || position < this.loop[1]) return Math.min(position, this.duration);
    return this.loop[0] + ((position - this.loop[0]) % (this.loop[1] - this.loop[0]));
  }

  get running() {
    return this.playing && this.origin.moment < Infinity;
  }

  // What is heard now: the clock without what still waits in the sound card.
  get time() {
    return this.playing ? this.at(this.context.currentTime - (this.context.outputLatency || 0)) : this.origin.position;
  }

  async play() {
    if (this.wanted) return;
    this.changed(() => Object.assign(this, { wanted: true, suspended: false }));
    await Promise.race([this.context.resume(), new Promise((resolve) => setTimeout(resolve, 1500))]);
    const suspended = this.context.state !== "running";
    if (!suspended) await Promise.all(this.needed().map((channel) => channel.open()));
    if (!this.wanted || this.playing) return;
    const failed = this.needed().length && !this.needed().some(({ source }) => source);
    if (suspended || failed) return this.changed(() => Object.assign(this, { wanted: false, suspended }));
    this.changed(() => this.start(this.origin.position < this.duration - 0.05 ? this.origin.position : 0));
  }

  start(position) {
    this.playing = true;
    this.watch ??= setInterval(() => this.check(), 50);
    const turn = (this.turn = {});
    const waiting = this.needed().map(({ source }) => source?.prepare?.(position, this.loop)).filter(Boolean);
    if (!waiting.length) return this.go(position);
    this.origin = { position, moment: Infinity }; // the clock waits for the network
    this.silence();
    Promise.all(waiting).then(() => this.playing && turn === this.turn && this.go(position));
  }

  // Everything starts on the same sample; if the page was held up meanwhile, once more, with more time.
  go(position, lead = this.lead) {
    const moment = this.soon(lead);
    this.origin = { position: whole(position), moment };
    const needed = this.needed();
    for (const channel of this.channels.values())
      if (channel.instant || needed.includes(channel)) channel.start(moment);
      else channel.source?.stop(moment);
    if (!missed(this.context, moment)) return;
    this.silence();
    this.go(position, 2 * lead);
  }

  get lead() {
    return LEAD + 2 * (this.context.baseLatency || 0);
  }

  soon(lead = this.lead) {
    return whole(this.context.currentTime + lead);
  }

  silence() {
    for (const { source } of this.channels.values()) source?.stop(this.context.currentTime);
  }

  // While the clock runs: sounds that have become needed come in at their place, others need no longer be fetched.
  gather() {
    if (!this.running) return;
    const needed = this.needed();
    const { currentTime } = this.context;
    for (const channel of this.channels.values()) {
      const isNeeded = channel.instant || needed.includes(channel);
      if (isNeeded && !channel.source?.running) channel.enter();
      if (!isNeeded && channel.source?.running) channel.source.stop(currentTime + 10 * FADE); // its fader is down
    }
  }

  check() {
    if (this.context.state !== "running") return this.pause(this.time, true); // a call came in, the headphones went
    if (!this.loop && this.at(this.context.currentTime) >= this.duration) return this.pause(this.duration);
    for (const channel of this.channels.values()) {
      const { source, error } = channel;
      source?.follow(this.at(this.context.currentTime));
      if (source?.broken && !error) this.changed(() => (channel.error = LOST));
      if (source && !source.broken && error === LOST) this.changed(() => (channel.error = null));
    }
    this.takeOver();
    this.remember();
  }

  // Whether all that was chosen is running.
  get isSettled() {
    return this.running && this.isAtHand(this.voice) && this.isAtHand(this.first);
  }

  // Once what was waited for is at hand, the faders can move.
  takeOver() {
    if (this.isSettled && !this.settled) this.changed();
    this.settled &&= this.isSettled;
  }

  remember() {
    if (this.song !== undefined) places.set(this.song, this.time < this.duration ? this.time : 0);
  }

  pause(position = this.time, suspended = false) {
    clearInterval(this.watch);
    this.watch = null;
    if (this.playing) this.silence();
    this.origin = { position, moment: 0 };
    this.changed(() => Object.assign(this, { wanted: false, playing: false, suspended }));
    this.remember();
    const rest = () => this.wanted || this.context.state !== "running" || this.context.suspend();
    setTimeout(rest, 300); // the last fade is over
  }

  rewind() {
    this.loop = this.region = null;
    this.pause();
    for (const channel of this.channels.values()) channel.drop();
  }

  seek(seconds) {
    const position = Math.max(0, Math.min(seconds, this.duration));
    if (this.loop && (position < this.loop[0] || position >= this.loop[1])) this.loop = null;
    this.changed(() => (this.playing ? this.start(position) : (this.origin = { position, moment: 0 })));
    this.remember();
  }

  setLoop(loop) {
    const time = this.playing ? this.at(this.context.currentTime + this.lead) : this.origin.position; // no hiccup
    this.loop = loop && loop.map(whole);
    this.seek(loop && (time < this.loop[0] || time >= this.loop[1]) ? this.loop[0] : time);
  }

  // Another version, at the same place.
  choose(name) {
    if (!this.versions.includes(name)) return;
    this.changed(() => (this.voice = name));
    this.load();
  }

  // The faders follow whatever changed. The version before sounds on until the chosen one can take over.
  mix() {
    const stays = this.running && this.versions.includes(this.audible) && !this.isAtHand(this.voice);
    if (!stays) this.audible = this.voice;
    this.gather();
    this.settled = this.isSettled; // before the faders are set: what comes to hand from here on moves them once more
    this.setFaders();
  }

  close() {
    this.rewind();
    for (const channel of this.channels.values()) channel.close();
    setTimeout(() => this.context.close(), 1000 * 20 * FADE);
  }
}
