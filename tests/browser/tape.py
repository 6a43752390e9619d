"""Recording what a player's Web Audio nodes put out, sample by sample, and finding it again in the files."""

from __future__ import annotations

from base64 import b64decode

import numpy as np
import pytest

from tests.browser.playing import ask, settle

RATE = 44_100
TAPE = """registerProcessor('tape', class extends AudioWorkletProcessor {
    process(inputs) {
        this.runs ||= inputs.every((channels) => channels.length); // connections take a moment
        if (this.runs) this.port.postMessage({ at: currentFrame, block: inputs.map((channels) => [0, 1].map((i) =>
            Float32Array.from(channels[i] ?? channels[0] ?? new Float32Array(128)))) });
        return true; } })"""
INSTALL = """async ([key, script]) => window.merPlayers?.[key]?.tap('master').context.audioWorklet.addModule(
    URL.createObjectURL(new Blob([script], { type: 'text/javascript' })))"""
RECORD = """async ([key, names, seconds, during]) => {
    const me = window.merPlayers[key];
    const taps = names.map((name) => me.tap(name));
    const { context } = taps[0];
    const tape = new AudioWorkletNode(context, 'tape', { numberOfInputs: names.length });
    const blocks = [];
    let at = 0, calm = 0, steady = me.settled, begin, end;
    const [begun, full] = [new Promise((resolve) => begin = resolve), new Promise((resolve) => end = resolve)];
    tape.port.onmessage = ({ data }) => {
        const follows = data.at === at + 128;
        at = data.at;
        if (calm < 20) calm = follows ? calm + 1 : 0; // a new tape misses blocks at its beginning
        if (calm === 20) begin(calm++);
        else if (calm > 20) {
            steady &&= follows;
            if (blocks.push(data.block) * 128 >= seconds * context.sampleRate) end();
        }
    };
    taps.forEach((tap, i) => tap.connect(tape, 0, i));
    tape.connect(context.destination);
    await begun;
    const doing = during && new Function('me', `return (async () => { ${during} })()`)(me);
    await full;
    await doing;
    taps.forEach((tap, i) => tap.disconnect(tape, 0, i));
    tape.disconnect();
    const samples = new Float32Array(blocks.length * names.length * 2 * 128);
    blocks.flat(2).forEach((block, i) => samples.set(block, i * 128));
    const bytes = new Uint8Array(samples.buffer);
    let text = '';
    for (let i = 0; i < bytes.length; i += 32768) text += String.fromCharCode(...bytes.subarray(i, i + 32768));
    return { steady, late: me.late, sound: btoa(text) };
}"""


def install(page, key: str = "test") -> None:
    """Before anything plays: the browser then moves the sound to another thread, and may drop some of it on the way."""
    page.evaluate(INSTALL, [key, TAPE])


def record(page, names: list[str], seconds: float, during: str = "", key: str = "test", takes: int = 5) -> np.ndarray:
    """(len(names), 2, N): the nodes' output over the same samples. `during` is JavaScript that acts on `me` meanwhile.

    Where the machine could not keep up - a piece of the sound came late, as the player says, or a block is missing from
    the tape - there is nothing to compare: then once more. Fails after so many takes.
    """
    for _ in range(takes):
        late = ask(page, "me.late", key)
        settle(page, key)
        sent = page.evaluate(RECORD, [key, names, seconds, during])
        if sent["steady"] and sent["late"] == late:
            blocks = np.frombuffer(b64decode(sent["sound"]), np.float32).reshape(-1, len(names), 2, 128)
            return blocks.transpose(1, 2, 0, 3).reshape(len(names), 2, -1)
        print(f"spoiled: {sent['late'] - late} late pieces, tape {'whole' if sent['steady'] else 'with gaps'}")
    pytest.fail(f"{takes} recordings were spoiled: the machine cannot keep up, or the player is late")


def lag(a: np.ndarray, b: np.ndarray, most: int = 4096) -> float:
    """How many samples `b` comes after `a`, at the peak of their cross-correlation, between samples by a parabola."""
    size = 2 ** int(np.ceil(np.log2(2 * len(a))))
    spectrum = np.conj(np.fft.rfft(a - a.mean(), size)) * np.fft.rfft(b - b.mean(), size)
    both = np.fft.irfft(spectrum, size)
    near = np.concatenate([both[-most:], both[:most + 1]])
    i = int(np.argmax(near[1:-1])) + 1
    left, peak, right = near[i - 1:i + 2]
    return i - most + 0.5 * (left - right) / (left - 2 * peak + right)


def found(sound: np.ndarray, recorded: np.ndarray) -> int:
    """The sample of `sound` at which `recorded` begins; both (channels, samples)."""
    size = 2 ** int(np.ceil(np.log2(sound.shape[1] + recorded.shape[1])))
    both = np.fft.irfft(np.fft.rfft(sound[0], size) * np.conj(np.fft.rfft(recorded[0], size)), size)
    return int(np.argmax(both[:sound.shape[1]]))


def error(sound: np.ndarray, recorded: np.ndarray) -> float:
    """The largest difference between what was recorded and the sound, laid where it fits best."""
    at = found(sound, recorded)
    expected = sound[:, at:at + recorded.shape[1]]
    return float(np.abs(expected - recorded[:, :expected.shape[1]]).max())
