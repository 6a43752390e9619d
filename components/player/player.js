// Hands: pointer and keys; and the door through which Streamlit comes in.

const players = new Map(); // the part of the page a player was given -> its Player
let last = null; // the player used last answers the keys while nothing on the page has the focus

const toggle = (player) => {
  last = player;
  if (player.sound.wanted) return player.sound.pause();
  for (const other of players.values()) if (other !== player) other.sound?.pause();
  player.sound.play().catch((error) => player.say(error.message));
};

const nudge = (player, seconds) => player.sound.seek(player.sound.time + seconds);

// Switch the loop: the region chosen last, or eight seconds from the playhead.
const toggleLoop = (player) => {
  const { sound, data } = player;
  const start = Math.min(sound.time, Math.max(0, data.duration - 1));
  sound.setLoop(sound.loop ? null : sound.region ?? onBeats(data.beats, [start, Math.min(start + 8, data.duration)]));
};

// Each end moved to the nearest beat, where one is within half a second.
const onBeats = (beats, region) => {
  const nearest = (t) => beats.reduce((best, b) => (Math.abs(b - t) < Math.abs(best - t) ? b : best), Infinity);
  const snapped = region.map((t) => (Math.abs(nearest(t) - t) < 0.5 ? nearest(t) : t));
  return snapped[0] < snapped[1] ? snapped : region;
};

const toggleKeys = (player) => {
  const keys = player.find(".keys");
  keys.hidden = !keys.hidden;
  player.find(".help").setAttribute("aria-expanded", !keys.hidden);
};

const chooseNth = (player, key) => {
  const voice = player.data.voices[Number(key) - 1];
  if (voice) player.sound.choose(voice.name);
};

const KEYS = {
  " ": toggle,
  arrowleft: (player) => nudge(player, -5),
  arrowright: (player) => nudge(player, 5),
  l: toggleLoop,
  s: (player) => player.data.mode === "mix" && player.flip(player.sound.voice, "solo"),
  m: (player) => (player.data.mode === "mix" ? player.flip(player.sound.voice, "mute")
    : player.sound.changed(() => (player.sound.muted = !player.sound.muted))),
  "?": toggleKeys,
  ...Object.fromEntries([..."123456789"].map((key) => [key, chooseNth])),
};

const BUSY = "button, a, input, select, textarea, summary, iframe, [role], [contenteditable]";

// A key is ours when the focus is in the player, or nowhere in particular; a control's own keys stay its own.
function isOurs(player, event) {
  const target = event.composedPath()[0];
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return false;
  if (!event.composedPath().includes(player.root)) {
    return !document.activeElement?.closest(BUSY) && player === (last ?? players.values().next().value);
  }
  if (event.key === " ") return !target.closest("button");
  return !(target.type === "range" && event.key.startsWith("Arrow"));
}

function listenToKeys(player, signal) {
  const onkeydown = (event) => {
    const act = KEYS[event.key.toLowerCase()];
    if (!act || !isOurs(player, event)) return;
    event.preventDefault();
    last = player;
    act(player, event.key);
  };
  document.addEventListener("keydown", onkeydown, { signal });
}

function listenToControls(player, signal) {
  player.find(".play").addEventListener("click", () => toggle(player), { signal });
  player.find(".loop").addEventListener("click", () => toggleLoop(player), { signal });
  player.find(".help").addEventListener("click", () => toggleKeys(player), { signal });
  // A click leaves the focus with the player, so that the space bar plays instead of clicking again.
  const keepFocus = (event) => {
    if (!event.target.closest("button")) return;
    event.preventDefault();
    player.root.focus({ preventScroll: true });
  };
  player.root.addEventListener("mousedown", keepFocus, { signal });
}

// Press or drag to seek; with shift, drag to choose the region of the loop.
function listenToPointer(player, signal) {
  const lanes = player.find(".lanes");
  let anchor = null;
  let moved = false;
  const at = ({ clientX }) => {
    const { left, width } = lanes.getBoundingClientRect();
    return Math.max(0, Math.min(1, (clientX - left) / width)) * player.data.duration;
  };
  const region = (event) => [Math.min(anchor, at(event)), Math.max(anchor, at(event))];
  const on = (name, act) => lanes.addEventListener(name, act, { signal });
  on("pointerdown", (event) => {
    if (event.button) return;
    last = player;
    lanes.setPointerCapture(event.pointerId);
    if (event.shiftKey) return (anchor = at(event));
    player.sound.seek((player.dragged = at(event)));
  });
  on("pointermove", (event) => {
    if (anchor !== null) return player.band(region(event));
    if (player.dragged === undefined) return;
    moved = true;
    player.dragged = at(event);
    player.tick();
  });
  on("pointerup", (event) => {
    if (anchor !== null) {
      player.sound.region = region(event)[1] - region(event)[0] > 0.1 ? region(event) : null;
      player.sound.setLoop(player.sound.region);
    } else if (moved) player.sound.seek(player.dragged);
    release();
  });
  const release = () => {
    anchor = null;
    moved = false;
    player.dragged = undefined;
    player.tick();
  };
  on("pointercancel", release);
}

// What tests and the browser's console may read: window.merPlayers[key].
function expose(player) {
  const { sound } = player;
  const reading = {
    playing: () => sound.playing, time: () => sound.time, duration: () => sound.duration, voice: () => sound.voice,
    loop: () => sound.loop && [...sound.loop], muted: () => sound.muted,
    gains: () => Object.fromEntries([...sound.channels].map(([name, channel]) => [name, sound.gain(channel)])),
    sources: () => Object.fromEntries([...sound.channels].map(([name, { source }]) =>
      [name, source?.constructor.kind ?? null])),
  };
  const getters = Object.entries(reading).map(([name, get]) => [name, { get, enumerable: true }]);
  const exposed = { level: () => sound.level(), peak: () => sound.peak() };
  Object.defineProperties(exposed, Object.fromEntries(getters));
  return ((window.merPlayers ??= {})[player.data.key] = exposed);
}

// Streamlit calls this with each change of the data or the theme, and what it returned last when the player goes.
export default function ({ data, parentElement }) {
  let player = players.get(parentElement);
  if (!player) {
    players.set(parentElement, (player = new Player(parentElement)));
    player.ended = new AbortController();
    const hands = player.sound ? [listenToKeys, listenToControls, listenToPointer] : [];
    for (const listen of hands) listen(player, player.ended.signal);
  }
  player.show(data);
  if (player.sound) player.exposed ??= expose(player);
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
