// Hands: pointer, wheel and keys.

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

const slide = (player, step) => player.sound.changed(() => (player.sound.blend = clamp(player.sound.blend + step, 0, 1)));

const KEYS = {
  " ": toggle,
  arrowleft: (player, event) => nudge(player, event.shiftKey ? -1 : -5),
  arrowright: (player, event) => nudge(player, event.shiftKey ? 1 : 5),
  home: (player) => player.sound.seek(0),
  l: toggleLoop,
  s: (player) => player.voices.flip("solo"),
  m: (player) => player.voices.flip("mute"),
  "+": (player) => player.timeline.zoom(0.5, player.sound.time),
  "-": (player) => player.timeline.zoom(2, player.sound.time),
  0: (player) => player.timeline.set(0, player.data.duration),
  "[": (player) => slide(player, -0.1),
  "]": (player) => slide(player, 0.1),
  b: (player) => player.data.paint && player.paint.choose("box"),
  p: (player) => player.data.paint && player.paint.choose("brush"),
  escape: (player) => player.paint.clear(),
  "?": toggleKeys,
  ...Object.fromEntries([..."123456789"].map((key) => [key, (player) => player.voices.nth(Number(key))])),
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
  return !(target.type === "range" && /^(Arrow|Home)/.test(event.key));
}

function listenToKeys(player, signal) {
  const onkeydown = (event) => {
    const act = KEYS[event.key.toLowerCase()];
    if (!act || !isOurs(player, event)) return;
    event.preventDefault();
    last = player;
    act(player, event);
  };
  document.addEventListener("keydown", onkeydown, { signal });
}

function listenToControls(player, signal) {
  const { timeline } = player;
  const acts = {
    ".play": () => toggle(player), ".wake": () => toggle(player), ".loop": () => toggleLoop(player),
    ".help": () => toggleKeys(player),
    ".near": () => timeline.zoom(0.5, player.sound.time), ".far": () => timeline.zoom(2, player.sound.time),
    ".fit": () => timeline.set(0, timeline.duration),
    ".box": () => player.paint.choose("box"), ".brush": () => player.paint.choose("brush"),
    ".clear": () => player.paint.clear(), ".png": () => player.save("png"),
    ".svg": () => player.save("svg"), ".wav": () => player.save("wav").catch((error) => player.say(error.message)),
  };
  for (const [name, act] of Object.entries(acts)) player.find(name).addEventListener("click", act, { signal });
  player.find(".opacity input").addEventListener("input", (event) => player.fade(Number(event.target.value)), { signal });
  // A click leaves the focus with the player, so that the space bar plays instead of clicking again.
  const keepFocus = (event) => {
    if (!event.target.closest("button")) return;
    event.preventDefault();
    player.root.focus({ preventScroll: true });
  };
  player.root.addEventListener("mousedown", keepFocus, { signal });
}

// On the lanes: press or drag to seek, with a tool drag to paint. On the axis, or with shift, drag to loop.
function listenToPointer(player, signal) {
  const { stage, timeline, paint } = player;
  const scene = player.find(".scene");
  let doing = null; // { move(event), end(event), cancel() } while the pointer is down
  const at = ({ clientX }) => {
    const { left } = scene.getBoundingClientRect();
    const { left: gutter, width } = stage.see();
    return clamp(timeline.time((clientX - left - gutter) / width), 0, timeline.duration);
  };
  const begin = (event) => {
    if (event.shiftKey || event.target.closest(".axis")) return choosing(at(event));
    const found = stage.under(event.clientY);
    return paint.begin(at(event), found) ? painting(found) : seeking(event);
  };
  const choosing = (anchor) => {
    const region = (event) => [Math.min(anchor, at(event)), Math.max(anchor, at(event))];
    const end = (event) => {
      const [from, to] = region(event);
      if (to - from < 0.1) return player.sound.seek(anchor);
      player.sound.setLoop((player.sound.region = [from, to]));
    };
    return { move: (event) => player.band(region(event)), end, cancel: () => player.band(player.sound.loop) };
  };
  const painting = (found) => {
    const up = ({ clientY }) => 1 - (clientY - found.top) / found.body;
    return { move: (event) => paint.move(at(event), up(event)), end: () => paint.end(), cancel: () => paint.clear() };
  };
  const seeking = (event) => {
    player.sound.seek((player.dragged = at(event)));
    const move = (now) => player.tick((player.dragged = at(now)));
    const over = () => player.tick((player.dragged = undefined));
    return { move, end: (now) => (player.sound.seek(at(now)), over()), cancel: over };
  };
  const on = (name, act, options) => scene.addEventListener(name, act, { signal, ...options });
  on("pointerdown", (event) => {
    if (event.button || event.target.closest(".scroll")) return;
    last = player;
    scene.setPointerCapture(event.pointerId);
    doing = begin(event);
  });
  on("pointermove", (event) => (doing?.move(event), player.hover(at(event), event.clientY)));
  on("pointerleave", () => player.hover(null));
  const finish = (act) => (event) => {
    const done = doing;
    doing = null;
    done?.[act](event);
  };
  on("pointerup", finish("end"));
  on("pointercancel", finish("cancel"));
  on("wheel", (event) => turn(player, event, at(event)), { passive: false });
}

// Ctrl and the wheel (or a pinch) zoom; sideways scrolls.
function turn({ timeline }, event, around) {
  const sideways = event.shiftKey ? event.deltaX || event.deltaY : event.deltaX;
  if (event.ctrlKey || event.metaKey) timeline.zoom(Math.exp(clamp(event.deltaY, -80, 80) / 160), around);
  else if (sideways && !timeline.whole) timeline.scroll((sideways / 600) * timeline.span);
  else return; // the page scrolls
  event.preventDefault();
}

function listenToScrollbar(player, signal) {
  const bar = player.find(".scroll");
  let grip = null;
  const at = ({ clientX }) => ((clientX - bar.getBoundingClientRect().left) / bar.clientWidth) * player.data.duration;
  bar.addEventListener("pointerdown", (event) => {
    bar.setPointerCapture(event.pointerId);
    const { from, to, span } = player.timeline;
    grip = at(event) >= from && at(event) <= to ? at(event) - from : span / 2;
    player.timeline.scroll(at(event) - grip - from);
  }, { signal });
  bar.addEventListener("pointermove", (event) =>
    grip !== null && player.timeline.scroll(at(event) - grip - player.timeline.from), { signal });
  for (const name of ["pointerup", "pointercancel"]) bar.addEventListener(name, () => (grip = null), { signal });
}
