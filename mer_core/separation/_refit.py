"""Repetition: each source is described again by a small model of its own that recurs through the block."""

import numpy as np

from mer_core.separation._masks import FREQS

SPECTRA = {1: 10, 2: 12, 3: 20}  # for drums, bass and other: how many different hits, notes and chords
BANDS = 50  # of the voice's colour
TRUST = 0.4  # how far the refit replaces the first masks, as an exponent


def refit_masks(level: np.ndarray, masks: np.ndarray, tune: np.ndarray, *, rounds: int = 5) -> np.ndarray:
    """Masks (4, F, T) after fitting the magnitudes `level` (F, T) by the sum of four models started from `masks`.

    Drums, bass and other are a few spectra that come back (non-negative factorisation, Lee and Seung 2001, the
    divergence updates), the voice a smooth colour on the harmonics of its `tune` (Durrieu et al. 2011, simplified).
    """
    parts = {i: factorise(masks[i] * level, rank) for i, rank in SPECTRA.items()}
    colour, voiced = bands(), tune + np.float32(0.05)
    strength = (colour.T @ (masks[0] * level)) / (colour.T @ voiced + 1e-8)
    for _ in range(rounds):
        ratio = level / (sum(W @ H for W, H in parts.values()) + voiced * (colour @ strength) + 1e-7)
        strength *= (colour.T @ (voiced * ratio)) / (colour.T @ voiced + 1e-7)
        for W, H in parts.values():
            H *= (W.T @ ratio) / (W.sum(axis=0)[:, None] + 1e-7)
    return blend(masks, [voiced * (colour @ strength), *(W @ H for W, H in parts.values())])


def blend(masks: np.ndarray, models: list[np.ndarray]) -> np.ndarray:
    """The geometric mean of the first masks and the models' Wiener-like masks, summing to 1; overwrites `masks`."""
    second = np.stack(models).astype(np.float32) ** 1.5 + np.float32(1e-15)
    second /= second.sum(axis=0)
    masks **= 1 - TRUST
    masks *= second ** TRUST
    masks /= masks.sum(axis=0)
    return masks


def factorise(level: np.ndarray, rank: int, rounds: int = 12) -> tuple[np.ndarray, np.ndarray]:
    """W (F, rank), columns summing to 1, and H (rank, T), with W @ H near `level`; starts from spread frames."""
    starts = np.linspace(0, level.shape[1] - 1, rank).astype(int)
    W = level[:, starts] + 0.1 * level.mean(axis=1, keepdims=True) + 1e-6
    W /= W.sum(axis=0)
    H = np.full((rank, level.shape[1]), level.sum(axis=0).mean() / rank, np.float32)
    for _ in range(rounds):
        H *= W.T @ (level / (W @ H + 1e-8))
        W *= (level / (W @ H + 1e-8)) @ H.T / (H.sum(axis=1) + 1e-8)
        scale = W.sum(axis=0) + 1e-12
        W /= scale
        H *= scale[:, None]
    return W, H


def bands(low: float = 80.0, high: float = 14_000.0) -> np.ndarray:
    """(F, BANDS) triangles, evenly spaced on a log axis, that sum to 1 at every frequency."""
    place = np.log(np.clip(FREQS, low, high) / low) / np.log(high / low) * (BANDS - 1)
    return np.maximum(1 - np.abs(place[:, None] - np.arange(BANDS)), 0).astype(np.float32)
