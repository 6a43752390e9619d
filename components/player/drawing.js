// Pictures of the song, each drawn once for a size and a theme. The playhead moves over them without drawing.

const LINES = { valence: "#0072B2", arousal: "#D55E00" };

const minutes = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
const signed = (value) => (value < 0 ? "\u2212" : "+") + Math.abs(value).toFixed(2);

// The canvas with one unit per CSS pixel, however dense the screen is.
function sheet(canvas) {
  const { clientWidth: width, clientHeight: height } = canvas;
  const density = window.devicePixelRatio || 1;
  Object.assign(canvas, { width: Math.round(width * density), height: Math.round(height * density) });
  const pen = canvas.getContext("2d");
  pen.scale(density, density);
  return { pen, width, height };
}

// Base64 of signed bytes, lowest and highest of each stretch in turn.
function unpack(peaks) {
  return peaks ? Int8Array.from(atob(peaks), (c) => c.charCodeAt(0)) : new Int8Array(0);
}

function drawWave(canvas, peaks, beats, colour) {
  const { pen, width, height } = sheet(canvas);
  const step = 3;
  pen.fillStyle = colour;
  for (let x = 0; x < width; x += step) {
    const [from, to] = [x, x + step].map((edge) => Math.floor((edge / width) * (peaks.length / 2)));
    let [low, high] = [0, 0];
    for (let i = from; i < Math.max(to, from + 1) && i < peaks.length / 2; i++) {
      low = Math.min(low, peaks[2 * i]);
      high = Math.max(high, peaks[2 * i + 1]);
    }
    const top = (height / 2) * (1 - high / 127);
    pen.fillRect(x, Math.min(top, height / 2 - 0.5), step - 1, Math.max(1, ((high - low) / 254) * height));
  }
  if (4 * beats.length > width) return; // too dense to tell apart
  for (const beat of beats) pen.fillRect(beat * width, height - 5, 1, 5);
}

function drawCurve(canvas, curve, duration, ink) {
  const { pen, width, height } = sheet(canvas);
  const y = (value) => (height / 2) * (1 - 0.92 * value);
  pen.strokeStyle = pen.fillStyle = ink;
  pen.globalAlpha = 0.25;
  pen.setLineDash([2, 3]);
  for (const value of [1, 0, -1]) line(pen, [0, width], [y(value), y(value)]);
  pen.globalAlpha = 0.65;
  pen.font = "10px sans-serif";
  for (const [text, value, shift] of [["+1", 1, 11], ["\u22121", -1, -3]]) pen.fillText(text, 2, y(value) + shift);
  pen.globalAlpha = 1;
  pen.setLineDash([]);
  pen.lineWidth = 2;
  for (const [name, colour] of Object.entries(LINES)) {
    pen.strokeStyle = colour;
    const times = [0, ...curve.times, duration]; // the first and last window's values reach the ends of the song
    line(pen, times.map((t) => (t / duration) * width), times.map((t) => y(value(curve, name, t))));
  }
}

function line(pen, xs, ys) {
  pen.beginPath();
  xs.forEach((x, i) => pen.lineTo(x, ys[i]));
  pen.stroke();
}

// A target's value at `time`, between the curve's points in a straight line.
function value(curve, name, time) {
  const { times, [name]: values } = curve;
  const next = times.findIndex((t) => t >= time);
  if (next <= 0) return next ? values.at(-1) : values[0];
  const share = (time - times[next - 1]) / (times[next] - times[next - 1]);
  return values[next - 1] + share * (values[next] - values[next - 1]);
}

function drawPath(plane, curve) {
  const points = curve.times.map((_, i) => `${50 * curve.valence[i]},${-50 * curve.arousal[i]}`);
  plane.querySelector(".path").setAttribute("points", points.join(" "));
}

// Marks under the lanes, at most one in 64 px.
function drawAxis(axis, duration) {
  const most = Math.max(2, axis.clientWidth / 64);
  const step = [1, 2, 5, 10, 15, 30, 60, 120, 300].find((s) => duration / s <= most) ?? 600;
  const marks = Array.from({ length: Math.floor(duration / step) + 1 }, (_, i) => i * step);
  axis.replaceChildren(...marks.map((mark) => {
    const span = Object.assign(document.createElement("span"), { textContent: minutes(mark) });
    span.style.left = `${(100 * mark) / duration}%`;
    return span;
  }));
}
