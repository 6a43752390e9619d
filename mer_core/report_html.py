"""report.html: everything found on one song in one file that opens anywhere, with no network."""

from __future__ import annotations

import base64
import io
import re
from html import escape
from pathlib import Path

import numpy as np
import soundfile

from mer_core import report_figures as figures
from mer_core import words
from mer_core.report_findings import Findings
from mer_core.schema import Explanation

SECONDS = 180  # of each player: with seven players the page stays below 25 MB
TOP = 15  # features shown; report.json has them all
STYLE = """
:root { color-scheme: light dark; --ink: #1c1c1e; --soft: #5c5c63; --paper: #fff; --card: #f5f5f7; --line: #d8d8de }
@media (prefers-color-scheme: dark) {
  :root { --ink: #ececf0; --soft: #a5a5ad; --paper: #141416; --card: #1f1f23; --line: #3a3a40 } }
* { box-sizing: border-box } body { margin: 0 auto; max-width: 62rem; padding: 1.5rem 1rem 4rem; background: var(--paper);
  color: var(--ink); font: 16px/1.5 system-ui, sans-serif; font-variant-numeric: tabular-nums }
h1 { margin-bottom: 0; overflow-wrap: anywhere } h2 { margin-top: 2.5rem; border-top: 1px solid var(--line); padding-top: 1rem }
figure { margin: 1rem 0; padding: 1rem; background: var(--card); border-radius: .6rem; overflow-x: auto }
figcaption, .soft { color: var(--soft) } img { width: 100%; min-width: 42rem; background: #fff; border-radius: .4rem } audio { width: 100% }
.players { display: grid; grid-template-columns: repeat(auto-fit, minmax(15rem, 1fr)); gap: 1rem }
table { border-collapse: collapse; width: 100% } td, th { text-align: left; padding: .25rem .75rem .25rem 0;
  border-bottom: 1px solid var(--line); vertical-align: top; overflow-wrap: anywhere }
.js-plotly-plot :is(.cartesianlayer, .infolayer) text { fill: var(--ink) !important }
"""


def page(found: Findings, folder: Path) -> str:
    """The page; `folder` holds heatmap.png, boosted.wav and stems/ already."""
    from plotly.offline import get_plotlyjs

    parts = [_head(found), _emotion(found), _heatmap(found, folder), _features(found), _stems(found, folder), _facts(found)]
    title = escape(found.info.title)
    return (f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}: what moves it</title>'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            f"<style>{STYLE}</style><script>{get_plotlyjs()}</script></head><body>{''.join(parts)}</body></html>")


def _head(found: Findings) -> str:
    info, facts = found.info, found.overview
    said = " ".join(f"<p>{escape(found.cards[name].title)}: {_bold(words.mood_sentence(p))}</p>"
                    for name, p in found.predictions.items())
    line = (f"{words.clock(info.duration)} min, key {escape(str(facts['key']))}, {facts['tempo']:.0f} bpm, "
            f"{facts['loudness']:.1f} LUFS")
    tags = " · ".join(escape(str(v)) for v in info.tags.values())
    return f'<h1>{escape(info.title)}</h1><p class="soft">{line}{f"<br>{tags}" if tags else ""}</p>{said}'


def _emotion(found: Findings) -> str:
    predictions, titles = list(found.predictions.values()), {n: c.title for n, c in found.cards.items()}
    said = [f"{titles[p.model]}: " + " ".join([*(words.value_sentence(p, t) for t in p.targets), *p.notes]) for p in predictions]
    said += ["Where listeners would place each second, and how far apart: ellipse.csv beside this page."] * bool(found.ellipses)
    return ("<h2>Emotion</h2>"
            + _figure(figures.plane(predictions, titles),
                      "Each point is a model's value for the whole song; the thin line is its path, the dotted ellipse "
                      "the typical error on songs it never saw. " + " ".join(said))
            + _figure(figures.curves(predictions, titles),
                      "Valence and arousal over the song, one value for each window of a model."))


def _heatmap(found: Findings, folder: Path) -> str:
    shown = found.shown()
    if not shown:
        return f"<h2>Where in the sound</h2>{_moments(found, folder)}"
    said = "".join(f"<p>{escape(f'{words.relevance_sentence(e)} {words.peak_sentence(e)}')}<br>{escape(' '.join(e.notes))}</p>"
                   for e in shown)
    picture = base64.b64encode((folder / "heatmap.png").read_bytes()).decode()
    return (f'<h2>Where in the sound</h2><figure><img alt="Spectrogram with relevance" src="data:image/png;base64,{picture}">'
            f"<figcaption>Hertz upwards, time to the right.{said}</figcaption></figure>"
            f'{_boosted(found, folder, "coloured regions")}')


def _moments(found: Findings, folder: Path) -> str:
    """What models that know moments, but no frequencies, say of where: their first method's words, and its sound."""
    groups = [group for group in found.by_model("time").values() if found.boosted]
    if not groups:
        return "<p>None of the chosen models can show this.</p>"
    said = "".join(f"<p>{escape(f'{words.relevance_sentence(e)} {words.moments_sentence(e)}')}<br>{escape(' '.join(e.notes))}</p>"
                   for e in groups[0] if e.method == groups[0][0].method)
    return f"{said}{_boosted(found, folder, 'moments')}"


def _boosted(found: Findings, folder: Path, what: str) -> str:
    facts = found.boosted
    return (f'<div class="players">{_player("The song", found.mix, 0.8)}'
            f'{_player(f"What mattered for {found.target}", folder / "boosted.wav", 0.8)}</div>'
            f'<p class="soft">The second player brings the {what} for {escape(found.target)} forward, at the '
            f'loudness of the original ({facts["loudness_before"]:.1f} and {facts["loudness_after"]:.1f} LUFS).'
            f"{_cut(found)} The whole of it, uncompressed: boosted.wav beside this page.</p>")


def _features(found: Findings) -> str:
    out = []
    for name, group in found.by_model("features").items():
        every = {e.target: found.families(e) for e in group}
        top = {e.target: _largest(e) for e in group}
        both = list(dict.fromkeys(label for shares in top.values() for label in shares))[:TOP]
        shares = {e.target: dict(zip(e.labels, e.values.tolist(), strict=True)) for e in group}
        said = " ".join(words.feature_sentence(e) for e in group)
        out += [f"<h3>{escape(found.cards[name].title)}</h3>",
                _figure(figures.bars(every, "contribution on the scale -1 to +1"), f"By musical family. {said}"),
                _figure(figures.bars({t: {x: shares[t][x] for x in both} for t in shares},
                                     "contribution on the scale -1 to +1"),
                        f"The {len(both)} features that moved it most. " + _meanings(found, both[:4]))]
    return "<h2>Which features</h2>" + ("".join(out) or "<p>None of the chosen models uses named features.</p>")


def _largest(explanation: Explanation) -> dict[str, float]:
    order = np.argsort(-np.abs(explanation.values))[:TOP // 2 + 1]
    return {explanation.labels[i]: float(explanation.values[i]) for i in order}


def _meanings(found: Findings, labels: list[str]) -> str:
    known = {label: found.feature(label) for label in labels}
    return " ".join(f"{label}: {info.sentence}" for label, info in known.items() if info)


def _stems(found: Findings, folder: Path) -> str:
    files = [(path.stem, path) for path in found.stem_paths(folder)]
    players = "".join(_player(name, path, 0.9) for name, path in files)
    drawn = "".join(
        _figure(figures.stem_bars(e), f"{found.cards[e.model].title}: {words.stem_sentence(e, found.separator, found.bleeds)} "
                                      f"Base {e.base:+z.2f}, value {e.output:+z.2f}.")
        for group in found.by_model("stems").values() for e in group)
    return (f'<h2>Which instrument</h2>{drawn}<div class="players">{players}</div><p class="soft">Stems made by '
            f"{escape(found.separator)}; with the residual they sum to the song.{_cut(found)} The whole of each, "
            "uncompressed: stems/ beside this page.</p>")


def _facts(found: Findings) -> str:
    rows = [("Track", found.info.id)]
    for card in found.cards.values():
        rows += [(card.title, f"{card.summary} {card.paper}"), ("weights", card.digest),
                 ("trained on", "; ".join(str(t["data"]) for t in card.trained_on)), ("licence", card.licence),
                 ("limits", " ".join(card.limits))]
    rows += [(name, version) for name, version in found.versions.items()]
    body = "".join(f"<tr><th>{escape(str(k))}</th><td>{escape(str(v))}</td></tr>" for k, v in rows)
    return (f"<h2>Models and versions</h2><details><summary>Digests, licences, limits</summary><table>{body}</table></details>"
            "<p class=\"soft\">All numbers of this page, and those it leaves out: report.json.</p>")


def _figure(figure, sentence: str) -> str:
    drawn = figure.to_html(full_html=False, include_plotlyjs=False, config={"displaylogo": False, "responsive": True})
    return f"<figure>{drawn}<figcaption>{escape(sentence)}</figcaption></figure>"


def _player(name: str, path: Path, compression: float) -> str:
    src = base64.b64encode(mp3(path, compression)).decode()
    return (f'<div><strong>{escape(name)}</strong><audio controls preload="metadata" '
            f'src="data:audio/mpeg;base64,{src}"></audio></div>')


def mp3(path: Path, compression: float) -> bytes:
    """At most SECONDS of a sound file; compression 0.8 is about 96 kbit/s for stereo, 0.9 is for stems."""
    with soundfile.SoundFile(path) as file:
        y = file.read(SECONDS * file.samplerate, always_2d=True)
        sr = file.samplerate
    held = io.BytesIO()
    soundfile.write(held, np.clip(y, -1, 1), sr, format="MP3", compression_level=compression, bitrate_mode="VARIABLE")
    return held.getvalue()


def _cut(found: Findings) -> str:
    return f" Each player holds the first {words.clock(SECONDS)} min." if found.info.duration > SECONDS else ""


def _bold(text: str) -> str:
    return re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", escape(text))
