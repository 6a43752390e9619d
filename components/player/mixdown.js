// What is heard, as the faders stand, from the song's beginning to its end, as a WAV.

// One voice after the other, so that a single one is held besides the sum.
async function mixdown(sound) {
  const sum = [0, 1].map(() => new Float32Array(Math.round(sound.duration * RATE)));
  for (const channel of sound.channels.values()) {
    const gain = sound.gain(channel);
    if (!gain) continue;
    const buffer = channel.instant ? channel.source.buffer : (await Decoded.load(sound.context, channel.url)).buffer;
    sum.forEach((side, i) => add(side, buffer.getChannelData(Math.min(i, buffer.numberOfChannels - 1)), gain));
  }
  return wav(sum);
}

function add(sum, samples, gain) {
  const length = Math.min(sum.length, samples.length);
  for (let i = 0; i < length; i++) sum[i] += gain * samples[i];
}

// Two sides in [-1, 1] as 16 bits; a sum that is louder is turned down, as it would clip.
function wav(sides) {
  const loudest = sides.reduce((most, side) => side.reduce((peak, x) => Math.max(peak, Math.abs(x)), most), 1);
  const samples = new Int16Array(2 * sides[0].length);
  const level = (x) => clamp(Math.round((32768 / loudest) * x), -32768, 32767);
  sides.forEach((side, i) => side.forEach((x, k) => (samples[2 * k + i] = level(x))));
  const head = new DataView(new ArrayBuffer(44));
  const words = (at, text) => [...text].forEach((letter, i) => head.setUint8(at + i, letter.charCodeAt(0)));
  const numbers = { 4: 36 + samples.byteLength, 16: 16, 24: RATE, 28: 4 * RATE, 40: samples.byteLength };
  for (const [at, text] of [[0, "RIFF"], [8, "WAVEfmt "], [36, "data"]]) words(at, text);
  for (const [at, number] of Object.entries(numbers)) head.setUint32(Number(at), number, true);
  for (const [at, number] of [[20, 1], [22, 2], [32, 4], [34, 16]]) head.setUint16(at, number, true); // PCM, 2 sides
  return new Blob([head, samples], { type: "audio/wav" });
}
