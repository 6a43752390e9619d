"""`make bench`: time and memory as ratios of one run, each measured in a process of its own. It never asserts.

    python tests/benchmarks/bench.py             the whole table
    python tests/benchmarks/bench.py stems lrp   some rows
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402
import soundfile  # noqa: E402

SONG = 210.0  # s
LONG = 600.0  # s
DEMUCS = 30.0  # s
RATE = 44_100  # Hz
CHILD = "--child"


def song(seconds: float, folder: Path, seed: int = 0) -> Path:
    """A stereo flac of the demo tracks one after the other; each seed another song, so that no result is reused."""
    demos = sorted((ROOT / "assets" / "demos").glob("*/mix.flac"))
    y = np.concatenate([soundfile.read(path, dtype="float32")[0] for path in demos])
    y = np.roll(np.resize(y, (int(seconds * RATE), 2)), seed * RATE, axis=0)
    path = folder / f"song {seed}.flac"
    soundfile.write(path, y, RATE, "PCM_24")
    return path


def service(folder: Path):
    from mer_core.service import Service
    from mer_core.store import Store

    return Service(Store(folder / "store"))


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def median(work: Callable[[int], float], repeats: int) -> float:
    return statistics.median(work(i) for i in range(repeats))


def upload_to_point(folder: Path, model: str) -> float:
    """From a file's bytes to the model's point, as the app does it; the model has answered once before."""
    s = service(folder)
    s.predict(s.add(song(6, folder, 99), "warm-up"), model)

    def once(i: int) -> float:
        raw = song(SONG, folder, i).read_bytes()
        return seconds(lambda: s.predict(s.add(raw, "song.flac"), model)) / SONG
    return median(once, 3)


def upload_to_ellipse(folder: Path) -> float:
    """From a file's bytes to an ellipse for each second, the beats found on the way."""
    s = service(folder)
    s.ellipses(s.add(song(6, folder, 99), "warm-up"), ON_BEATS)

    def once(i: int) -> float:
        raw = song(SONG, folder, i).read_bytes()
        return seconds(lambda: s.ellipses(s.add(raw, "song.flac"), ON_BEATS)) / SONG
    return median(once, 3)


def embedded_stems(folder: Path) -> float:
    s = service(folder)
    s.stems(s.add(song(6, folder, 99), "warm-up"), "embedded")

    def once(i: int) -> float:
        info = s.add(song(SONG, folder, i), "song")
        return seconds(lambda: s.stems(info, "embedded")) / SONG
    return median(once, 2)


def demucs_path(folder: Path) -> float:
    """Our path, from a decoded song to stems and residual, over apply_model alone; a small network, random weights."""
    import torch
    from demucs.apply import apply_model
    from demucs.htdemucs import HTDemucs
    from demucs.states import save_with_checksum

    from mer_core.separation.demucs import Demucs

    facts = {"channels": 8, "t_layers": 1, "t_heads": 4, "bottom_channels": 32, "segment": 4, "nfft": 2048}
    sources = ["drums", "bass", "other", "vocals"]
    network = HTDemucs(sources, **facts).eval()
    save_with_checksum({"klass": HTDemucs, "args": [sources], "kwargs": facts, "state": network.state_dict(),
                        "training_args": {}}, folder / "small.th")
    os.environ |= {"MER_DEMUCS": str(folder), "MER_DEMUCS_MODEL": "small"}
    separator, track = Demucs(), _track(folder, DEMUCS)
    mix = torch.from_numpy(track.y.copy())[None]

    def alone() -> None:
        with torch.no_grad():
            apply_model(network, mix, shifts=0, split=True, overlap=0.25)
    for work in (alone, lambda: separator.separate(track)):
        work()
    return median(lambda _: seconds(lambda: separator.separate(track)) / seconds(alone), 7)


def stem_shapley(folder: Path, model: str) -> float:
    """After the stems are there."""
    s = service(folder)
    s.explain(s.add(song(8, folder, 99), "warm-up"), "stem_shapley", model, separator="embedded")

    def once(i: int) -> float:
        info = s.add(song(SONG, folder, i), "song")
        s.stems(info, "embedded")
        return seconds(lambda: s.explain(info, "stem_shapley", model, separator="embedded")) / SONG
    return median(once, 2)


def fader_to_point(folder: Path, model: str, over: str) -> float:
    """A point of the live mixer over the 30 s it speaks of, or over one plain prediction of the same 30 s."""
    from mer_core.live import EXCERPT, cut, mixed

    s = service(folder)
    info = s.demos()[0]
    s.stems(info, "true_stems")
    live = s.live(info, model, "true_stems")
    segment = live.segment(15)
    part = cut(live.stems, segment)
    track = replace(s.track(info), y=mixed(part, np.ones(len(part.names) + 1)))
    s.model(model).predict(track)

    def once(i: int) -> float:
        point = seconds(lambda: live.value({"drums": i / 60}, 15))
        return point / (EXCERPT if over == "length" else seconds(lambda: s.model(model).predict(track)))
    return median(once, 60)


def lrp_over_forward(folder: Path, targets: int) -> float:
    """Relevance of one or both targets over a plain forward pass of the same windows."""
    from mer_core.explainers._lrp_rules import Sweep, composite
    from mer_core.explainers.lrp import LrpParams
    from mer_core.registry import get

    params = LrpParams()
    rules = composite(params.rule, params.epsilon, params.gamma)

    def relevance(model, x) -> None:
        sweep = Sweep(model.layers(), x, rules)
        for k in range(targets):
            sweep.relevance(k)
    return over_forward(folder, get("models", "c2d_mix")(), relevance)


def transformer_over_forward(folder: Path, method: str) -> float:
    """One target's map over a plain forward pass of the same windows; all targets' maps come from one go."""
    from mer_core.explainers import _attnlrp_rules, _rollout_rules, attnlrp
    from mer_core.registry import get

    def relevance(model, x) -> None:
        sweep = _attnlrp_rules.Sweep(model.network, x, attnlrp.rules(attnlrp.AttnLrpParams()))
        for k in range(len(model.card.targets)):
            sweep.relevance(k)

    def rollout(model, x) -> None:
        _rollout_rules.upsampled(_rollout_rules.rollout(model.network, x)[0], model.network)
    model = get("models", TRANSFORMER)()
    return over_forward(folder, model, {"attnlrp": relevance, "rollout": rollout}[method]) / len(model.card.targets)


def grad_cam_over_forward(folder: Path) -> float:
    """One class's map by pitch class over a plain forward pass of the same windows."""
    from mer_core.explainers import _grad_cam_maps
    from mer_core.registry import get

    return over_forward(folder, get("models", HARMONICS)(), lambda model, x: _grad_cam_maps.maps(model.network, x, 3))


def beat_lrp_over_forward(folder: Path) -> float:
    """One target's relevance of all beats over a plain forward pass of all seconds, the beats being there."""
    import torch

    from mer_core.explainers._beats import listen, split
    from mer_core.explainers._dbn_lrp import relevance
    from mer_core.explainers.beat_lrp import BeatLrpParams, rule
    from mer_core.registry import get

    model, track = get("models", ON_BEATS)(), _track(folder, SONG)
    with model.session():
        heard, x = listen(model, track), model.encode_all(track, model.windows(track.duration))

        def forward() -> None:
            with torch.no_grad():
                model.forward(x)

        def back() -> None:
            for name, values in relevance(model, heard, rule(BeatLrpParams())).values.items():
                split(model, heard.found, name, values)
        for once in (forward, back):
            once()
        return median(lambda _: seconds(back) / seconds(forward), 15) / len(model.card.targets)


def over_forward(folder: Path, model, work: Callable[[object, object], None]) -> float:
    """`work(model, x)` over a plain forward pass of x, four windows."""
    import torch

    track = _track(folder, 60)
    with model.session():
        x = torch.as_tensor(np.array(model.encode_all(track, model.windows(track.duration))[:4]))

        def forward() -> None:
            with torch.no_grad():
                model.forward(x)
        for once in (forward, lambda: work(model, x)):
            once()
        return median(lambda _: seconds(lambda: work(model, x)) / seconds(forward), 15)


def _track(folder: Path, length: float):
    from mer_core import audio

    return audio.decode(song(length, folder))


def peak_memory(folder: Path) -> float:
    """GiB resident at most while a ten-minute stereo song is uploaded, predicted and separated. The memory-mapped store
    counts as long as its pages are in memory."""
    s = service(folder)
    path = folder / "long.flac"
    subprocess.run([sys.executable, __file__, CHILD, "write_long", str(path)], check=True)  # its memory is not ours
    info = s.add(path, path.name)
    for model, card in s.cards().items():
        if not card.study:
            s.predict(info, model)
    s.stems(info, "embedded")
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20)


def rerun_during_job(folder: Path) -> float:
    """s for a page of the app to run again while a long song is taken apart in the background."""
    os.environ["MER_CACHE"] = str(folder / "cache")
    from streamlit.testing.v1 import AppTest

    from mer_core.service import Service

    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    for _ in range(2):
        app.run()
    s = Service.default()
    job = s.start("stems", s.add(song(LONG, folder), "long"), separator="embedded")
    while job.fraction < 0.05 and not job.done:
        time.sleep(0.05)
    found = median(lambda _: seconds(app.run), 9)
    assert not job.done, "the job ended too early to measure anything beside it"
    job.cancel()
    return found


def usable() -> list[str]:
    """The models that can predict here: those with a card, and with the weights of others where they need them."""
    from mer_core import registry

    return [name for name, model in registry.entries("models").items()
            if (registry.ASSETS / "models" / name / "card.json").exists() and not model().available()]


TRANSFORMER = "vit_happy_sad"
HARMONICS = "harmonics_cnn"
ON_BEATS = "dbn"
MODELS = ("student_ridge", "handcrafted_xgb", "c2d_mix")
ROWS: dict[str, tuple[str, float, Callable[[Path], float]]] = {
    **{f"point {m}": (f"upload to V/A point over track length, {m}", 0.03, lambda f, m=m: upload_to_point(f, m))
       for m in usable()},
    "stems": ("embedded stems over track length", 0.15, embedded_stems),
    "demucs": ("Demucs path over Demucs alone", 1.05, demucs_path),
    **{f"shapley {m}": (f"stem Shapley after stems over track length, {m}", 0.05, lambda f, m=m: stem_shapley(f, m))
       for m in MODELS},
    **{f"fader {m}": (f"fader to point over the 30 s window, {m}", 0.0012, lambda f, m=m: fader_to_point(f, m, "length"))
       for m in MODELS},
    **{f"fader predict {m}": (f"fader to point over a plain prediction, {m}", 0.5,
                              lambda f, m=m: fader_to_point(f, m, "predict")) for m in MODELS},
    "lrp": ("LRP of one target over one forward pass", 3, lambda f: lrp_over_forward(f, 1)),
    "lrp both": ("LRP of both targets over one forward pass", 3, lambda f: lrp_over_forward(f, 2)),
    **{way: (f"{title}, one of both targets over one forward pass", 4, lambda f, way=way: transformer_over_forward(f, way))
       for way, title in (("attnlrp", "AttnLRP"), ("rollout", "attention rollout")) if TRANSFORMER in usable()},
    **({"grad_cam": ("Grad-CAM of one class over one forward pass", 4, grad_cam_over_forward)}
       if HARMONICS in usable() else {}),
    **({"ellipse": ("upload to ellipses over track length, dbn", 0.03, upload_to_ellipse),
        "beat lrp": ("LRP of the beats, one of both targets over one forward pass", 4, beat_lrp_over_forward)}
       if ON_BEATS in usable() else {}),
    "rerun": ("page rerun while a job runs (s)", 0.2, rerun_during_job),
    "memory": ("peak memory, ten minutes of stereo (GiB)", 2.5, peak_memory),
}


def child(row: str, *more: str) -> None:
    if row == "write_long":
        song(LONG, Path(more[0]).parent).rename(more[0])
        return
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(ROWS[row][2](Path(folder))))


def measure(row: str) -> float | str:
    done = subprocess.run([sys.executable, __file__, CHILD, row], capture_output=True, text=True, check=False)
    lines = (done.stdout if done.returncode == 0 else done.stderr).strip().splitlines()
    return json.loads(lines[-1]) if done.returncode == 0 else f"failed: {lines[-1] if lines else 'no message'}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", nargs="*", help=f"beginnings of: {', '.join(ROWS)}")
    chosen = parser.parse_args().rows
    print(f"{os.cpu_count()} cores, Python {platform.python_version()}; song of {SONG:.0f} s, long song of {LONG:.0f} s\n")
    print(f"{'':66}{'aim':>8}{'measured':>12}")
    for row, (title, aim, _) in ROWS.items():
        if not chosen or any(row.startswith(c) for c in chosen):
            found = measure(row)
            print(f"{title:66}{aim:>8g}{found if isinstance(found, str) else f'{found:.3g}':>12}", flush=True)


if __name__ == "__main__":
    child(*sys.argv[2:]) if sys.argv[1:2] == [CHILD] else main()
