// The controls of the voices: a switch for each version, the blend with the original, a fader for each stem.

const make = (tag, className, properties = {}, children = []) => {
  const element = Object.assign(document.createElement(tag), { className, ...properties });
  element.append(...children);
  return element;
};

const named = (element, testid, label) => {
  element.dataset.testid = testid;
  if (label) element.setAttribute("aria-label", label);
  return element;
};

const decibels = (gain) => (gain ? `${(20 * Math.log10(gain)).toFixed(1).replace("-", "\u2212")} dB` : "off");

class Voices {
  onmix = () => {}; // (gains, settled): what the mix is made of, and whether the hand let go
  switches = new Map(); // a version -> its button
  faders = new Map(); // a stem -> its row

  constructor(box, sound) {
    Object.assign(this, { box, sound });
    this.versions = make("div", "versions", { role: "group", ariaLabel: "Versions" });
    this.blend = this.makeBlend();
    this.rows = make("div", "rows");
    this.reset = named(make("button", "quiet reset", { type: "button", textContent: "reset", onclick: () => this.clear() }),
      "reset", "reset all faders");
    this.mixer = make("div", "mixer", { role: "group", ariaLabel: "Stems" }, [this.rows, this.reset]);
    box.replaceChildren(this.versions, this.blend, this.mixer);
  }

  makeBlend() {
    const slider = named(make("input", "", { type: "range", min: 0, max: 1, step: 0.01 }), "blend");
    slider.oninput = () => this.sound.setBlend(Number(slider.value));
    return make("label", "blend", {}, [make("span", "from"), slider, make("span", "to"), make("output", "")]);
  }

  // New data. A control that stays keeps its place and the hand on it.
  show(voices) {
    const parts = voices.filter(({ part }) => part);
    const versions = voices.filter(({ part }) => !part);
    this.labels = new Map(voices.map(({ name, label }) => [name, label]));
    if (parts.length) versions.push({ name: MIX, label: "stems", colour: "currentcolor" });
    this.labels.set(MIX, "stems");
    this.arrange(this.versions, this.switches, versions, (voice) => this.makeSwitch(voice));
    this.arrange(this.rows, this.faders, parts, (voice) => this.makeFader(voice));
    this.versions.hidden = versions.length < 2; // nothing to choose
    this.mixer.hidden = !parts.length;
    this.numbered.forEach((name, i) => {
      const element = this.switches.get(name) ?? this.faders.get(name);
      element.querySelector("kbd").textContent = i < 9 ? i + 1 : "";
    });
  }

  // One element a voice in the voices' order, made where it is missing, taken away where its voice has gone.
  arrange(box, elements, voices, made) {
    const old = new Map(elements);
    elements.clear();
    for (const voice of voices) {
      const element = old.get(voice.name) ?? made(voice);
      element.querySelector(".label").textContent = voice.label;
      element.style.setProperty("--colour", voice.colour);
      elements.set(voice.name, element);
    }
    for (const [name, element] of old) if (!elements.has(name)) element.remove();
    [...elements.values()].forEach((element, i) => {
      if (box.children[i] !== element) box.insertBefore(element, box.children[i] ?? null);
    });
  }

  makeSwitch({ name }) {
    const button = make("button", "switch", { type: "button", onclick: () => this.sound.choose(name) },
      [make("kbd", ""), make("span", "chip"), make("span", "label")]);
    return named(button, `voice-${name}`);
  }

  makeFader({ name, label }) {
    const volume = make("input", "volume", { type: "range", min: 0, max: 1, step: 0.01, value: 1 });
    volume.oninput = () => this.set(name, { volume: Number(volume.value) }, false);
    volume.onchange = () => this.set(name, { volume: Number(volume.value) }, true);
    const [solo, mute] = ["solo", "mute"].map((word) =>
      make("button", `quiet ${word}`, { type: "button", textContent: word, onclick: () => this.turn(name, word) }));
    for (const [control, word] of [[volume, "volume"], [solo, "solo"], [mute, "mute"]])
      named(control, `${word}-${name}`, `${word} ${label}`);
    const select = () => this.select(name);
    const row = make("div", "row", { onclick: select },
      [make("kbd", ""), make("span", "chip"), make("span", "label"), volume, make("output", ""), solo, mute]);
    row.addEventListener("focusin", select);
    return named(row, `voice-${name}`);
  }

  select(name) {
    if (name !== this.sound.part) this.sound.changed(() => (this.sound.part = name));
  }

  // Whoever moves a fader wants to hear it, whatever was heard before.
  set(name, settings, settled) {
    this.sound.setPart(name, settings);
    this.heard(settled);
  }

  turn(name, setting) {
    this.set(name, { [setting]: !this.sound.channels.get(name)[setting] }, true);
  }

  clear() {
    this.sound.resetParts();
    this.heard(true);
  }

  heard(settled) {
    if (this.sound.voice !== MIX) this.sound.choose(MIX);
    this.onmix(this.sound.faders, settled);
  }

  // The keys: S and M for the chosen stem, or M for everything; a number for a version or a stem.
  flip(setting) {
    const { sound } = this;
    if (sound.part) this.turn(sound.part, setting);
    else if (setting === "mute") sound.changed(() => (sound.muted = !sound.muted));
  }

  nth(number) {
    const name = this.numbered[number - 1];
    if (this.faders.has(name)) this.select(name);
    else if (name) this.sound.choose(name);
  }

  get numbered() {
    return [...(this.versions.hidden ? [] : this.switches.keys()), ...this.faders.keys()];
  }

  // After any change of the sound.
  update() {
    const { sound } = this;
    for (const [name, button] of this.switches) {
      button.setAttribute("aria-pressed", name === sound.voice);
      const channels = name === MIX ? sound.parts : [sound.channels.get(name)];
      this.mark(button, channels.filter(Boolean));
    }
    for (const [name, row] of this.faders) if (sound.channels.has(name)) this.updateFader(row, sound.channels.get(name));
    this.mixer.classList.toggle("asleep", sound.voice !== MIX);
    this.reset.hidden = sound.parts.every(({ volume, solo, mute }) => volume === 1 && !solo && !mute);
    this.updateBlend();
  }

  mark(element, channels) {
    element.setAttribute("aria-busy", channels.some(({ isLoading }) => isLoading));
    element.classList.toggle("failed", channels.some(({ error }) => error));
  }

  updateFader(row, channel) {
    const volume = row.querySelector(".volume");
    if (Number(volume.value) !== channel.volume) volume.value = channel.volume;
    volume.setAttribute("aria-valuetext", decibels(channel.volume));
    row.querySelector("output").textContent = decibels(channel.volume);
    row.style.setProperty("--level", channel.volume);
    row.classList.toggle("chosen", channel.name === this.sound.part);
    row.classList.toggle("silent", !this.sound.fader(channel));
    for (const word of ["solo", "mute"]) row.querySelector(`.${word}`).setAttribute("aria-pressed", channel[word]);
    this.mark(row, [channel]);
  }

  // Between the original and the chosen version; hidden in its place while there is nothing to blend.
  updateBlend() {
    const { voice, first, blend, versions } = this.sound;
    const slider = this.blend.querySelector("input");
    const [from, to] = [first, voice].map((name) => this.labels?.get(name) ?? "");
    this.blend.hidden = versions.length < 2;
    this.blend.classList.toggle("idle", voice === first);
    slider.disabled = voice === first;
    if (Number(slider.value) !== blend) slider.value = blend;
    slider.setAttribute("aria-label", `blend of ${from} and ${to}`);
    this.blend.querySelector(".from").textContent = from;
    this.blend.querySelector(".to").textContent = to;
    this.blend.querySelector("output").textContent = `${Math.round(100 * blend)} %`;
  }
}

// Without Web Audio: what every browser has.
function plainVoices(box, voices) {
  box.replaceChildren(...voices.map(({ name, label, url }) => {
    const audio = named(make("audio", "", { controls: true, preload: "none", src: url }), `voice-${name}`, label);
    return make("label", "row", { textContent: label }, [audio]);
  }));
}
