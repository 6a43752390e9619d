"""The ellipse in words. No streamlit."""

from __future__ import annotations

import numpy as np

from mer_core.ellipse import EllipsePath
from mer_core.words import ENDS, SCALES, clock, number, on_scale, span

TARGETS = ("valence", "arousal")  # the order of a mean
STILL = 0.02  # a way shorter than this, on -1 to 1, is none
UPRIGHT = 0.05  # a correlation nearer to 0 than this is not worth a word
NOT_AN_ERROR = ("This ellipse is the spread of listeners' ratings, how far they would differ from each other. It is not "
                "the model's error.")


def deviations(path: EllipsePath) -> np.ndarray:
    """(T, 2) one standard deviation of the listeners' ratings in valence and arousal, on -1 to 1."""
    return np.sqrt(np.diagonal(path.covariances, axis1=1, axis2=2).astype(float))


def correlations(path: EllipsePath) -> np.ndarray:
    """(T,) how the listeners' valence and arousal go together."""
    return path.covariances[:, 0, 1].astype(float) / deviations(path).prod(axis=1)


def both(values, scale: str) -> str:
    return " and ".join(f"{value:.2f} in {target}" for target, value in zip(TARGETS, span(values, scale), strict=True))


def whole(path: EllipsePath, scale: str) -> str:
    """Where listeners would place the song, and how far apart."""
    middle = on_scale(path.means.mean(axis=0, dtype=float), scale)
    usual = np.sqrt((deviations(path) ** 2).mean(axis=0))
    low, high = SCALES[scale]
    sign = "+" if low < 0 else ""
    placed = " and ".join(f"{target} **{number(value, scale)}** (from {low:{sign}g} {ENDS[target][0]} to {high:{sign}g} "
                          f"{ENDS[target][1]})" for target, value in zip(TARGETS, middle, strict=True))
    return (f"Listeners would place the song around {placed}. In a usual second they would spread by "
            f"**{both(usual, scale)}**: one standard deviation; on each scale two thirds of them would lie within it.")


def widest(path: EllipsePath, scale: str) -> str:
    """When the listeners agree least, and when most, by the area of the ellipse."""
    areas, apart = np.sqrt(np.linalg.det(path.covariances.astype(float))), deviations(path)
    least, most = int(areas.argmax()), int(areas.argmin())
    if areas[least] < 1.05 * areas[most]:
        return "They would agree equally well all along."
    return (f"They would agree least at {clock(path.times[least])}, with {both(apart[least], scale)}, and most at "
            f"{clock(path.times[most])}, with {both(apart[most], scale)}.")


def lean(path: EllipsePath) -> str:
    """What the tilt of the ellipse means."""
    r = float(correlations(path).mean())
    if abs(r) < UPRIGHT:
        return ("The ellipse does not lean: how pleasant somebody finds a second would say nothing of how energetic they "
                "find it.")
    side, other = ("right", "more") if r > 0 else ("left", "less")
    return (f"It leans to the {side} (correlation {r:+.2f}): whoever finds a second more pleasant than others do would "
            f"also find it {other} energetic.")


def walked(path: EllipsePath, scale: str) -> str:
    """How far the middle of the ellipse moves."""
    if np.ptp(path.means, axis=0).max() < STILL:
        return "Its middle hardly moves."
    low, high = (on_scale(f(path.means.astype(float), axis=0), scale) for f in (np.min, np.max))
    said = " and ".join(f"{target} from {number(a, scale)} to {number(b, scale)}"
                        for target, a, b in zip(TARGETS, low, high, strict=True))
    return f"Its middle moves in {said}."


def steps(path: EllipsePath) -> str:
    """What the seconds stand on."""
    if path.grid != "tracked":
        return f"It walks through the song in even steps of {path.grid.removeprefix('even ')}, not on its beats."
    pace = f", typically {60 / np.median(np.diff(path.beats)):.0f} a minute" if len(path.beats) > 1 else ""
    return f"It stands on the song's own beats: {len(path.beats)} of them{pace}."
