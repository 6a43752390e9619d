"""The study of a transformer's maps, on small networks whose answers are known."""

import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from mer_core.training import relevance_study

sys.path.insert(0, str(Path(__file__).parents[1] / "explainers"))
import vits  # noqa: E402


def test_all_of_the_output_is_accounted_for_and_maps_are_compared_with_themselves():
    found = relevance_study.measure(vits.small(), vits.pictures(3))
    for parts in found["held"].values():
        assert parts["lost"] < 1e-4 < parts["output - base"] and parts["cells"] > 0
    table = np.array([list(row.values()) for row in found["alike"].values()])
    np.testing.assert_allclose(np.diag(table), 1, atol=1e-9)
    np.testing.assert_allclose(table, table.T, atol=1e-9)
    assert list(found["alike"]) == list(found["apart"]) and "chance" in found["apart"]


def test_silencing_what_is_read_moves_the_output_and_the_rest_does_not(monkeypatch):
    """One patch of six is read; a sixth of the patches falls silent."""
    monkeypatch.setattr(relevance_study, "SILENCED", 1 / 6)
    network, x = vits.reading(1, (2,)), vits.pictures(4) + 0.5
    patches, _ = relevance_study.maps(network, x, 0)
    quiet = x.clone()
    quiet[:, :, 16:, 32:] = 0
    with torch.no_grad():
        moved = float((network(x) - network(quiet))[:, 0].mean())
    assert relevance_study.apart(network, x, patches["AttnLRP"], 0) == pytest.approx(moved, rel=0.05) and moved > 0.1
    assert relevance_study.apart(network, x, -patches["AttnLRP"], 0) == pytest.approx(-moved, rel=0.05)
