// One Player for each place on the page, kept up to date with its Sound; and the door through which Streamlit comes in.

const players = new Map(); // the part of the page a player was given -> its Player

class Player {
  hidden = new Map(); // lanes the user showed or hid
  opacity = 0.9;
  room = 0; // px, the width of the lanes
  asked = Date.now(); // number of the last question; no two players start from the same
  refused = ""; // what Python said to the last question, where it would not answer it
  sent = new Map(); // question -> when it went out, in ms

  constructor(place) {
    this.root = place.querySelector(".player");
    this.find = (selector) => this.root.querySelector(selector);
    if (!window.AudioContext) return;
    this.timeline = new Timeline(() => this.moved());
    this.sound = new Sound(() => this.update());
    this.voices = new Voices(this.find(".voices"), this.sound, (text) => this.say(text));
    this.voices.onmix = (gains, settled) => this.ask({ kind: "mix", gains, at: this.sound.time, settled });
    this.stage = new Stage(this.find(".scene"), this.timeline, { onerror: (text) => this.say(text) });
    this.stage.ondraw = (see) => this.placed(see);
    this.plane = new Plane(this.find(".where"));
    this.paint = new Paint(this.find(".painted-on"), this.stage, {
      onask: (boxes) => this.ask(boxes.length ? { kind: "paint", boxes } : { kind: "clear" }),
      onchange: () => this.update(),
    });
  }

  // New data, or a new theme. What has not changed goes on undisturbed.
  show(data) {
    const wrong = misfit(data);
    if (wrong) return this.say(`The player was given something it does not understand: ${wrong}. Reload the page.`);
    const values = JSON.stringify(data.prediction?.values);
    if (values !== JSON.stringify(this.data?.prediction?.values)) this.plane?.live(null); // another song, another model
    this.data = data;
    if (!this.sound) return this.plain(data);
    this.plane.show(data.prediction, data.what_if);
    this.answer(data.answer); // first: a hand is on the fader
    this.timeline.show(data.song, data.duration);
    this.root.classList.toggle("paints", data.paint);
    this.root.classList.toggle("spreads", !!data.prediction?.spread);
    this.root.classList.toggle("placeless", !data.prediction && data.lanes.every((lane) => lane.kind !== "curves"));
    this.voices.show(data.voices);
    const mixer = this.find(".mixer");
    if (mixer) this.find(".side").append(mixer);
    this.sound.setVoices(data.voices, data);
    if (data.song !== this.restored) this.restore(data);
    this.lay();
  }

  // A player that comes back to a song takes up the faders and the painted region where they were left.
  restore({ song, gains, painted }) {
    this.restored = song;
    for (const [name, volume] of Object.entries(gains ?? {})) this.sound.setPart(name, { volume });
    if (Object.keys(gains ?? {}).length) this.sound.choose(MIX);
    this.paint.boxes = painted ?? [];
  }

  plain({ voices }) {
    this.root.classList.add("plain");
    this.say("This browser has no Web Audio, so each sound plays on its own.");
    plainVoices(this.find(".voices"), voices);
  }

  // The lanes on the stage, and the buttons that show and hide them.
  lay() {
    const { lanes, beats, ticks, duration, prediction, what_if } = this.data;
    const specs = lanes.map((lane) => ({ ...lane, hidden: this.hidden.get(lane.name) ?? lane.hidden,
      ...(lane.kind === "curves" && { curve: prediction, what_if }) }));
    const colour = (voice) => (voice ? undefined : this.data.voices.find((v) => v.name === this.sound.audible)?.colour);
    const silent = (voice) => voice && this.sound.channels.has(voice) && !this.sound.fader(this.sound.channels.get(voice));
    this.stage.show(specs, { beats, ticks, duration, opacity: this.opacity, colour, silent });
    this.find(".wav").hidden = duration > LONGEST; // too much to be held at once
    this.find(".opacity").hidden = !specs.some((spec) => spec.over && !spec.hidden);
    this.find(".shown").replaceChildren(...specs.filter((spec) => spec.optional).map((spec) => {
      const flip = () => (this.hidden.set(spec.name, !spec.hidden), this.lay());
      const button = make("button", "quiet", { type: "button", textContent: spec.title, onclick: flip });
      button.setAttribute("aria-pressed", !spec.hidden);
      button.dataset.testid = `show-${spec.name}`;
      return button;
    }));
  }

  // A question to Python. While one is on its way only the newest waits.
  ask(question) {
    this.next = { ...question, id: (this.asked += 1) };
    if (this.sent.size && question.kind === "mix" && performance.now() - [...this.sent.values()].at(-1) < 1500) return;
    this.post();
  }

  post() {
    const question = this.next;
    this.next = null;
    if (!question) return;
    this.sent.set(question.id, performance.now());
    this.trigger?.("ask", question);
    if (question.kind !== "mix") this.sent.clear(); // the page answers in its own time
  }

  answer(answer) {
    if (!answer || !this.sent.has(answer.id)) return;
    this.latency = performance.now() - this.sent.get(answer.id);
    this.sent.clear();
    this.refused = answer.error ?? "";
    if (answer.kind === "mix") this.plane.live(answer);
    this.post();
  }

  // Everything but the playhead, after any change of the sound.
  update() {
    const { sound, data } = this;
    if (!data) return;
    const word = sound.playing ? "Pause" : sound.wanted ? "Loading" : "Play";
    this.find(".play").dataset.state = word;
    this.find(".play b").textContent = word;
    this.voices.update();
    this.find(".wake").hidden = !sound.suspended;
    const muted = sound.muted ? "Muted. Press M to hear it again. " : "";
    this.say(data.voices.map((voice) => this.trouble(voice)).join("") + muted + this.refused);
    this.find(".loop").setAttribute("aria-pressed", !!sound.loop);
    for (const tool of ["box", "brush"]) this.find(`.tools .${tool}`).setAttribute("aria-pressed", this.paint.tool === tool);
    this.find(".tools .clear").hidden = !this.paint.boxes.length;
    this.find(".scene").classList.toggle("with-tool", !!this.paint.tool);
    this.stage.redraw();
    this.tick();
  }

  trouble({ name, label }) {
    const error = this.sound.channels.get(name)?.error;
    return error ? `\u201c${label}\u201d could not be loaded: ${error}. Reload the page to try again. ` : "";
  }

  say(text) {
    this.find(".message").textContent = text;
  }

  // The timeline shows other seconds.
  moved() {
    if (!this.data) return;
    const { from, span, whole, duration } = this.timeline;
    const bar = this.find(".scroll");
    bar.hidden = whole;
    Object.assign(bar.firstElementChild.style, { left: `${(100 * from) / duration}%`, width: `${(100 * span) / duration}%` });
    this.stage.redraw();
  }

  // What lies over the lanes, after they were drawn.
  placed(see) {
    this.room = see.width;
    this.band(this.sound.loop);
    this.paint.draw();
    this.tick();
  }

  band(region) {
    const band = this.find(".band");
    band.hidden = !region;
    if (!region) return;
    const [from, to] = region.map((t) => 100 * this.timeline.share(t));
    Object.assign(band.style, { left: `${from}%`, width: `${to - from}%` });
  }

  // The playhead and the numbers that go with it; every frame while the song plays.
  tick() {
    cancelAnimationFrame(this.frame);
    const { duration } = this.data;
    const time = this.dragged ?? this.sound.time;
    if (this.sound.playing && this.dragged === undefined) this.timeline.follow(time);
    const share = this.timeline.share(time);
    const head = this.find(".head");
    head.style.transform = `translateX(${share * this.room}px)`;
    head.hidden = share < 0 || share > 1;
    this.plane.tick(time);
    const text = `${minutes(time)} / ${minutes(duration)}`;
    if (text !== this.find(".time").textContent) {
      this.find(".time").textContent = text;
      const position = { valuemax: Math.round(duration), valuenow: Math.round(time), valuetext: text };
      for (const [name, now] of Object.entries(position)) this.find(".scene").setAttribute(`aria-${name}`, now);
    }
    if (this.sound.playing) this.frame = requestAnimationFrame(() => this.tick());
  }

  hover(time, y) {
    const trace = this.find(".trace");
    trace.hidden = time === null;
    this.find(".readout").textContent = time === null ? "" : this.stage.say(time, y);
    if (time !== null) trace.style.left = `${100 * this.timeline.share(time)}%`;
  }

  fade(opacity) {
    this.stage.look.opacity = this.opacity = opacity;
    this.stage.redraw();
  }

  // The lanes as a "png" or an "svg", or what is heard as a "wav".
  async save(kind) {
    const { title, song } = this.data;
    const blob = await {
      png: () => new Promise((resolve) => this.stage.picture(title).toBlob(resolve)),
      svg: () => new Blob([this.stage.vector(title)], { type: "image/svg+xml" }),
      wav: () => mixdown(this.sound),
    }[kind]();
    const name = `${title.replace(/[^\w-]+/g, "_") || song}.${kind}`;
    const link = make("a", "", { href: URL.createObjectURL(blob), download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  }

  close() {
    cancelAnimationFrame(this.frame);
    this.stage?.close();
    this.sound?.close();
  }
}

// What is wrong with the data, or nothing.
function misfit(data) {
  if (!data || typeof data !== "object") return "no data";
  if (!(data.duration > 0)) return `a duration of ${data.duration}`;
  if (!Array.isArray(data.voices) || !data.voices.length) return "no voices";
  const voice = data.voices.find(({ name, url }) => typeof name !== "string" || typeof url !== "string");
  if (voice) return `a voice without a name or an address (${JSON.stringify(voice)})`;
  const lane = (data.lanes ?? []).find(({ kind }) => !KINDS[kind]);
  return lane ? `a lane of the kind \u201c${lane.kind}\u201d` : "";
}

// What tests and the browser's console may read: window.merPlayers[key].
function expose(player) {
  const { sound, timeline, stage } = player;
  const reading = {
    playing: () => sound.playing, time: () => sound.time, duration: () => sound.duration, voice: () => sound.voice,
    part: () => sound.part, blend: () => sound.blend, loop: () => sound.loop && [...sound.loop], muted: () => sound.muted,
    view: () => [timeline.from, timeline.to], boxes: () => player.paint.boxes, drawn: () => stage.drawn,
    latency: () => player.latency ?? null, settled: () => sound.settled && sound.isSettled, clock: () => sound.context.currentTime,
    late: () => [...sound.channels.values()].reduce((count, { source }) => count + (source?.late ?? 0), 0),
    gains: () => Object.fromEntries([...sound.channels].map(([name, channel]) => [name, sound.gain(channel)])),
    sources: () => Object.fromEntries([...sound.channels].map(([name, { source }]) =>
      [name, source?.constructor.kind ?? null])),
  };
  const getters = Object.entries(reading).map(([name, get]) => [name, { get, enumerable: true }]);
  const exposed = { level: () => sound.level(), peak: () => sound.peak(), tap: (name) => sound.tap(name) };
  Object.defineProperties(exposed, Object.fromEntries(getters));
  return ((window.merPlayers ??= {})[player.data.key] = exposed);
}

// Streamlit calls this with each change of the data or the theme, and what it returned last when the player goes.
export default function ({ data, parentElement, setTriggerValue }) {
  let player = players.get(parentElement);
  if (!player) {
    players.set(parentElement, (player = new Player(parentElement)));
    player.ended = new AbortController();
    const hands = player.sound ? [listenToKeys, listenToControls, listenToPointer, listenToScrollbar] : [];
    for (const listen of hands) listen(player, player.ended.signal);
  }
  player.trigger = setTriggerValue;
  player.show(data);
  if (player.sound && player.data) player.exposed ??= expose(player);
  const call = (player.call = {});
  return () => player.call === call && leave(player, parentElement);
}

function leave(player, place) {
  player.ended.abort();
  player.close();
  players.delete(place);
  if (last === player) last = null;
  if (player.exposed === window.merPlayers?.[player.data.key]) delete window.merPlayers?.[player.data.key];
}
