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
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from measuring import DEMUCS, LONG, ROOT, SONG, decoded, median, seconds, service, song
from relevance import (HARMONICS, ON_BEATS, TRANSFORMER, beat_lrp_over_forward, grad_cam_over_forward, lrp_over_forward,
                       transformer_over_forward)

CHILD = "--child"


def upload_to(folder: Path, ask: Callable[[object, object], object]) -> float:
    """From a file's bytes to what `ask(service, song)` gives, as the app does it; it has answered once before."""
    s = service(folder)
    ask(s, s.add(song(6, folder, 99), "warm-up"))

    def once(i: int) -> float:
        raw = song(SONG, folder, i).read_bytes()
        return seconds(lambda: ask(s, s.add(raw, "song.flac"))) / SONG
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
    separator, track = Demucs(), decoded(folder, DEMUCS)
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


MODELS = ("student_ridge", "handcrafted_xgb", "c2d_mix")
ROWS: dict[str, tuple[str, float, Callable[[Path], float]]] = {
    **{f"point {m}": (f"upload to V/A point over track length, {m}", 0.03, lambda f, m=m: upload_to(f, lambda s, info: s.predict(info, m)))
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
    **({"ellipse": ("upload to ellipses over track length, dbn", 0.03,
                     lambda f: upload_to(f, lambda s, info: s.ellipses(info, ON_BEATS))),
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
