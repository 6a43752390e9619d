// The mixing desk: which version sounds, and how loud each voice is in it.

const MIX = "mix"; // the version in which all stems sound together

class Desk {
  channels = new Map();
  voice = null; // the version that was chosen: a voice's name, or "mix"
  audible = null; // the version that sounds: the chosen one as soon as it is at hand
  part = null; // the stem chosen last
  blend = 1; // of the chosen version with the original: 1 the chosen one only, 0 the original only
  muted = false;

  constructor(context) {
    this.context = context;
    this.master = new GainNode(context);
    this.meter = new AnalyserNode(context, { fftSize: 8192, smoothingTimeConstant: 0 });
    this.master.connect(this.meter).connect(context.destination);
  }

  get parts() {
    return [...this.channels.values()].filter(({ part }) => part);
  }

  get versions() {
    const names = [...this.channels.values()].filter(({ part }) => !part).map(({ name }) => name);
    return this.parts.length ? [...names, MIX] : names;
  }

  // The original, which the others are blended with.
  get first() {
    return this.versions[0];
  }

  // The channels that are heard, or would be but for the blend.
  needed() {
    const versions = new Set([this.voice, this.audible, ...(this.blend < 1 ? [this.first] : [])]);
    const isHeard = (c) => (c.part ? versions.has(MIX) && this.fader(c) > 0 : versions.has(c.name));
    return [...this.channels.values()].filter(isHeard);
  }

  setBlend(share) {
    this.changed(() => (this.blend = Math.max(0, Math.min(1, share))));
  }

  setPart(name, settings) {
    this.changed(() => Object.assign(this.channels.get(name), settings));
  }

  resetParts() {
    for (const channel of this.channels.values()) Object.assign(channel, { volume: 1, mute: false, solo: false });
    this.changed();
  }

  setFaders() {
    const { currentTime } = this.context;
    for (const channel of this.channels.values()) fade(channel.out, this.gain(channel), currentTime);
    fade(this.master, this.muted ? 0 : 1, currentTime);
  }

  // Whether all of a version that can be heard is running.
  isAtHand(version) {
    const heard = this.needed().filter((c) => (c.part ? version === MIX : c.name === version));
    return heard.every(({ isReady, error }) => isReady || (error && heard.some((c) => c.isReady)));
  }

  // Linear, as the versions run together on the sample: half of each is the sound halfway between them.
  gain(channel) {
    const isAlone = this.audible === this.first || (this.running && !this.isAtHand(this.first));
    const share = isAlone ? 1 : this.blend;
    if (channel.part) return this.audible === MIX ? share * this.fader(channel) : 0;
    if (channel.name === this.audible) return share;
    return channel.name === this.first ? 1 - share : 0;
  }

  // A stem's part in the mix: its volume, unless it is muted or another one is heard solo.
  fader(channel) {
    const soloed = this.parts.some(({ solo }) => solo);
    return channel.mute || (soloed && !channel.solo) ? 0 : channel.volume;
  }

  get faders() {
    return Object.fromEntries(this.parts.map((channel) => [channel.name, this.fader(channel)]));
  }

  // The node behind a voice's fader, or behind all of them.
  tap(name) {
    return name === "master" ? this.master : this.channels.get(name).out;
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
}
