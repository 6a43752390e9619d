// What the user sees: one Player for each place on the page, kept up to date with its Sound.

const make = (tag, className, properties = {}) =>
  Object.assign(document.createElement(tag), { className, ...properties });

class Player {
  rows = new Map(); // a voice's name -> its element

  constructor(place) {
    this.root = place.querySelector(".player");
    this.find = (selector) => this.root.querySelector(selector);
    this.sound = window.AudioContext ? new Sound(() => this.update()) : null;
    this.resizing = new ResizeObserver(() => this.draw());
    if (this.sound) this.resizing.observe(this.root);
  }

  // New data, or a new theme. What has not changed goes on undisturbed.
  show(data) {
    this.data = { ...data, peaks: unpack(data.peaks) };
    if (!this.sound) return this.showPlain(data);
    this.root.dataset.mode = data.mode;
    for (const part of [".curve", ".plane", ".reading"]) this.find(part).toggleAttribute("hidden", !data.curve);
    this.showVoices(data);
    this.sound.setVoices(data.voices, data);
    this.draw();
  }

  // Without Web Audio: what every browser has.
  showPlain({ voices }) {
    this.root.classList.add("plain");
    this.say("This browser has no Web Audio, so each sound plays on its own.");
    this.find(".voices").replaceChildren(...voices.map(({ name, label, url }) => {
      const row = make("label", "row", { textContent: label });
      const audio = make("audio", "", { controls: true, preload: "none", src: url });
      audio.dataset.testid = `voice-${name}`;
      row.append(audio);
      return row;
    }));
  }

  showVoices({ voices, mode }) {
    const box = this.find(".voices");
    box.setAttribute("aria-label", mode === "mix" ? "Stems" : "Versions");
    for (const [name, row] of this.rows) {
      if (voices.some((v) => v.name === name)) continue;
      row.remove();
      this.rows.delete(name);
    }
    voices.forEach((voice, i) => {
      const row = this.rows.get(voice.name) ?? (mode === "mix" ? this.fader(voice) : this.switch(voice));
      row.querySelector(".label").textContent = voice.label;
      row.style.setProperty("--colour", voice.colour);
      this.rows.set(voice.name, row);
      if (box.children[i] !== row) box.insertBefore(row, box.children[i] ?? null);
    });
  }

  switch({ name }) {
    const button = make("button", "switch", { type: "button", onclick: () => this.sound.choose(name) });
    button.dataset.testid = `voice-${name}`;
    button.append(make("span", "chip"), make("span", "label"));
    return button;
  }

  fader({ name, label }) {
    const row = make("div", "row", { onclick: () => this.sound.choose(name) });
    const volume = make("input", "volume", { type: "range", min: 0, max: 1, step: 0.01, value: 1 });
    volume.oninput = () => this.set(name, { volume: Number(volume.value) });
    const [solo, mute] = ["solo", "mute"].map((word) =>
      make("button", `quiet ${word}`, { type: "button", textContent: word, onclick: () => this.flip(name, word) }));
    for (const [control, word] of [[volume, "volume"], [solo, "solo"], [mute, "mute"]]) {
      control.dataset.testid = `${word}-${name}`;
      control.setAttribute("aria-label", `${word} ${label}`);
    }
    row.dataset.testid = `voice-${name}`;
    row.addEventListener("focusin", () => this.sound.choose(name));
    row.append(make("span", "chip"), make("span", "label"), volume, solo, mute);
    return row;
  }

  set(name, settings) {
    this.sound.changed(() => Object.assign(this.sound.channels.get(name), settings));
  }

  flip(name, setting) {
    this.set(name, { [setting]: !this.sound.channels.get(name)[setting] });
  }

  // Everything but the playhead, after any change of the sound.
  update() {
    const { sound, data } = this;
    const word = sound.playing ? "Pause" : sound.wanted ? "Loading" : "Play";
    Object.assign(this.find(".play").dataset, { state: word });
    this.find(".play b").textContent = word;
    for (const [name, row] of this.rows) if (sound.channels.has(name)) this.updateVoice(row, sound.channels.get(name));
    const muted = sound.muted ? "Muted. Press M to hear it again." : "";
    this.say(data.voices.map((voice) => this.trouble(voice)).join("") + muted);
    this.find(".loop").setAttribute("aria-pressed", !!sound.loop);
    this.band(sound.loop);
    if (sound.audible !== this.drawn) this.draw();
    this.tick();
  }

  updateVoice(row, channel) {
    const chosen = channel.name === this.sound.voice;
    row.setAttribute("aria-busy", !channel.source && !channel.error);
    for (const [name, on] of Object.entries({ chosen, failed: channel.error, silent: !this.sound.gain(channel) }))
      row.classList.toggle(name, !!on);
    if (this.data.mode === "exclusive") return row.setAttribute("aria-pressed", chosen);
    for (const word of ["solo", "mute"]) row.querySelector(`.${word}`).setAttribute("aria-pressed", channel[word]);
  }

  trouble({ name, label }) {
    const error = this.sound.channels.get(name)?.error;
    return error ? `\u201c${label}\u201d could not be loaded: ${error}. Reload the page to try again. ` : "";
  }

  say(text) {
    this.find(".message").textContent = text;
  }

  band(region) {
    const { duration } = this.data;
    this.find(".band").hidden = !region;
    this.root.style.setProperty("--from", region ? region[0] / duration : 0);
    this.root.style.setProperty("--to", region ? region[1] / duration : 0);
  }

  // The playhead and the numbers that go with it; every frame while the song plays.
  tick() {
    cancelAnimationFrame(this.frame);
    const { duration, curve } = this.data;
    const time = this.dragged ?? this.sound.time;
    this.root.style.setProperty("--at", time / duration);
    const text = `${minutes(time)} / ${minutes(duration)}`;
    if (text !== this.find(".time").textContent) {
      this.find(".time").textContent = text;
      const position = { valuemax: Math.round(duration), valuenow: Math.round(time), valuetext: text };
      for (const [name, now] of Object.entries(position)) this.find(".lanes").setAttribute(`aria-${name}`, now);
    }
    if (curve) this.read(value(curve, "valence", time), value(curve, "arousal", time));
    if (this.sound.playing) this.frame = requestAnimationFrame(() => this.tick());
  }

  read(valence, arousal) {
    this.find(".dot").setAttribute("transform", `translate(${50 * valence} ${-50 * arousal})`);
    this.find(".reading .valence").textContent = signed(valence);
    this.find(".reading .arousal").textContent = signed(arousal);
  }

  draw() {
    const { duration, curve, beats, peaks, voices, mode } = this.data;
    this.drawn = this.sound.audible;
    const colour = mode === "exclusive" && voices.find((v) => v.name === this.drawn)?.colour;
    this.root.style.setProperty("--voice", colour || "var(--ink)");
    const marks = beats.map((beat) => beat / duration);
    for (const wave of this.root.querySelectorAll(".wave")) drawWave(wave, peaks, marks, getComputedStyle(wave).color);
    drawAxis(this.find(".axis"), duration);
    if (!curve) return;
    drawCurve(this.find("canvas.curve"), curve, duration, getComputedStyle(this.root).color);
    drawPath(this.find(".plane"), curve);
  }

  close() {
    cancelAnimationFrame(this.frame);
    this.resizing.disconnect();
    this.sound?.close();
  }
}
