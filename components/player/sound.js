// The sound: any number of channels locked to one clock. Nothing in this file touches the page.

const LONGEST = 360; // s; a longer song is streamed, not held decoded
const BUDGET = Math.min(navigator.deviceMemory ?? 4, 8) * 125e6; // bytes of decoded sound a player may hold

// One voice: its fader, and where its sound comes from. Another file can take over while it plays.
class Channel {
  volume = 1;
  mute = false;
  solo = false;
  source = null;
  error = null;

  constructor(sound, name) {
    Object.assign(this, { sound, name, fader: new GainNode(sound.context, { gain: 0 }) });
    this.fader.connect(sound.master);
  }

  // Make `url` this channel's sound: decoded where it fits in memory, streamed otherwise.
  async load(url) {
    this.url = url;
    this.decodes = this.sound.fits(this);
    try {
      await this.take(this.decodes ? Decoded : Streamed, url);
    } catch (error) {
      if (this.decodes) await this.stream(url, error);
      else this.fail(url, error);
    }
  }

  // Something to hear at once, for a voice that is asked for before it is decoded.
  async ready() {
    if (!this.source || this.source.broken) await this.stream(this.url);
  }

  async stream(url, earlier) {
    await this.take(Streamed, url).catch((error) => this.fail(url, earlier ?? error));
  }

  async take(kind, url) {
    const source = await kind.load(this.sound.context, url);
    const decoded = this.source instanceof Decoded && this.playing === url;
    if (url !== this.url || this.closed || decoded) return source.free(); // overtaken while it loaded
    const old = this.source;
    Object.assign(this, { source, playing: url, error: null });
    this.sound.changed(() => this.sound.join(this, old));
  }

  fail(url, error) {
    const current = url === this.url && !this.closed && this.playing !== url;
    if (current) this.sound.changed(() => (this.error = error.message));
  }

  // The faders stay as they are for the next song.
  drop() {
    this.source?.stop(this.sound.context.currentTime);
    this.source?.free();
    Object.assign(this, { source: null, playing: null, error: null, url: null });
  }

  close() {
    this.drop();
    this.closed = true;
    setTimeout(() => this.fader.disconnect(), 1000 * 20 * FADE);
  }
}

// The transport. `onchange` is called after anything but the passing of time.
class Sound {
  channels = new Map();
  wanted = false; // play was pressed
  playing = false; // and the clock runs
  muted = false;
  loop = null; // [start, end] in s
  region = null; // the loop the user chose last
  origin = { position: 0, moment: 0 }; // the place in the song that sounds at that moment of the context's clock, in s

  constructor(onchange) {
    this.onchange = onchange;
    this.context = new AudioContext({ sampleRate: RATE });
    this.master = new GainNode(this.context);
    this.meter = new AnalyserNode(this.context, { fftSize: 8192, smoothingTimeConstant: 0 });
    this.master.connect(this.meter).connect(this.context.destination);
    this.context.suspend(); // until there is something to play
  }

  changed(change) {
    change?.();
    this.mix();
    this.onchange();
  }

  // Bring the channels in line with the voices; those that stay are not interrupted.
  async setVoices(voices, { duration, mode }) {
    const kept = voices.some((v) => this.channels.get(v.name)?.url === v.url) && duration === this.duration;
    if (!kept && this.channels.size) this.rewind(); // another song
    Object.assign(this, { duration, mode });
    for (const [name, channel] of this.channels) {
      if (voices.some((v) => v.name === name)) continue;
      channel.close();
      this.channels.delete(name);
    }
    for (const { name } of voices) if (!this.channels.has(name)) this.channels.set(name, new Channel(this, name));
    this.channels = new Map(voices.map((v) => [v.name, this.channels.get(v.name)]));
    if (!this.channels.has(this.voice)) this.voice = voices[0].name;
    const fresh = voices.filter((v) => this.channels.get(v.name).url !== v.url);
    for (const v of fresh) this.channels.get(v.name).url = v.url;
    this.changed();
    fresh.sort((a, b) => (b.name === this.voice) - (a.name === this.voice)); // the chosen one first
    for (const v of fresh) if (this.channels.get(v.name)?.url === v.url) await this.channels.get(v.name).load(v.url);
  }

  fits(channel) {
    const others = [...this.channels.values()].filter((c) => c !== channel && c.decodes).length;
    return this.duration <= LONGEST && (others + 1) * this.duration * RATE * 8 <= BUDGET;
  }

  at(moment) {
    const position = this.origin.position + Math.max(0, moment - this.origin.moment);
    if (!this.loop || position < this.loop[1]) return Math.min(position, this.duration);
    return this.loop[0] + ((position - this.loop[0]) % (this.loop[1] - this.loop[0]));
  }

  // What is heard now: the clock without what still waits in the sound card.
  get time() {
    return this.playing ? this.at(this.context.currentTime - (this.context.outputLatency || 0)) : this.origin.position;
  }

  needed() {
    return this.mode === "mix" ? [...this.channels.values()] : [this.channels.get(this.voice)];
  }

  async play() {
    if (this.wanted) return;
    this.changed(() => (this.wanted = true));
    await Promise.race([this.context.resume(), new Promise((resolve) => setTimeout(resolve, 1500))]);
    await Promise.all(this.needed().map((channel) => channel.ready()));
    const blocked = this.context.state !== "running";
    if (!this.wanted || this.playing) return;
    if (blocked || !this.needed().some((c) => c.source)) this.changed(() => (this.wanted = false));
    else this.changed(() => this.start(this.origin.position < this.duration - 0.05 ? this.origin.position : 0));
    if (blocked) throw new Error("The browser holds the sound back. Press Play once more.");
  }

  start(position) {
    this.playing = true;
    this.watch ??= setInterval(() => this.check(), 50);
    const streams = this.needed().map(({ source }) => source?.prepare?.(position)).filter(Boolean);
    const turn = (this.turn = {});
    if (!streams.length) return this.go(position);
    this.origin = { position, moment: Infinity }; // the clock waits for the network
    Promise.all(streams).then(() => this.playing && turn === this.turn && this.go(position));
  }

  go(position) {
    const moment = whole(this.context.currentTime + LEAD);
    this.origin = { position: whole(position), moment };
    for (const { source, fader } of this.channels.values())
      source?.start(fader, moment, this.origin.position, this.loop);
  }

  // A source that is ready while the others already play comes in at their place.
  join(channel, old) {
    const moment = whole(this.context.currentTime + LEAD);
    if (this.playing) {
      old?.stop(moment);
      channel.source.start(channel.fader, moment, whole(this.at(moment)), this.loop);
    }
    old?.free();
  }

  check() {
    if (this.context.state !== "running") return this.pause(); // a call came in, the headphones went
    if (!this.loop && this.at(this.context.currentTime) >= this.duration) return this.pause(this.duration);
    for (const channel of this.channels.values()) {
      channel.source?.follow(this.at(this.context.currentTime));
      if (channel.source?.broken && !channel.error) this.changed(() => (channel.error = "the connection was lost"));
    }
  }

  pause(position = this.time) {
    clearInterval(this.watch);
    this.watch = null;
    if (this.playing) for (const { source } of this.channels.values()) source?.stop(this.context.currentTime);
    this.changed(() => {
      this.origin = { position, moment: 0 };
      this.wanted = this.playing = false;
    });
    const rest = () => this.wanted || this.context.state !== "running" || this.context.suspend();
    setTimeout(rest, 300); // the last fade is over
  }

  rewind() {
    this.loop = this.region = null;
    this.pause(0);
    for (const channel of this.channels.values()) channel.drop();
  }

  seek(seconds) {
    const position = Math.max(0, Math.min(seconds, this.duration));
    if (this.loop && (position < this.loop[0] || position >= this.loop[1])) this.loop = null;
    this.changed(() => (this.playing ? this.start(position) : (this.origin = { position, moment: 0 })));
  }

  setLoop(loop) {
    const time = this.playing ? this.at(this.context.currentTime + LEAD) : this.origin.position; // no hiccup
    this.loop = loop;
    this.seek(loop && (time < loop[0] || time >= loop[1]) ? loop[0] : time);
  }

  choose(name) {
    this.changed(() => (this.voice = name));
    if (this.playing && this.mode === "exclusive") this.channels.get(name).ready();
  }

  mix() {
    if (this.channels.get(this.voice)?.source || !this.channels.has(this.audible)) this.audible = this.voice;
    for (const channel of this.channels.values()) fade(channel.fader, this.gain(channel), this.context.currentTime);
    fade(this.master, this.muted ? 0 : 1, this.context.currentTime);
  }

  // In exclusive mode the last voice sounds on until the chosen one can take over.
  gain(channel) {
    if (this.mode === "exclusive") return channel.name === this.audible ? 1 : 0;
    const soloed = [...this.channels.values()].some((c) => c.solo);
    return channel.mute || (soloed && !channel.solo) ? 0 : channel.volume;
  }

  // What is sounding, as the listener gets it: root mean square, and the loudest frequency in Hz.
  level() {
    const samples = new Float32Array(2048);
    this.meter.getFloatTimeDomainData(samples);
    return Math.sqrt(samples.reduce((sum, x) => sum + x * x, 0) / samples.length);
  }

  peak() {
    const bins = new Float32Array(this.meter.frequencyBinCount);
    this.meter.getFloatFrequencyData(bins);
    return (bins.indexOf(Math.max(...bins)) * this.context.sampleRate) / this.meter.fftSize;
  }

  close() {
    this.rewind();
    for (const channel of this.channels.values()) channel.close();
    setTimeout(() => this.context.close(), 1000 * 20 * FADE);
  }
}
