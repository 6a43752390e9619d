"""Parameters that describe themselves: the checks, which of them matter, and that every one has its words."""

from dataclasses import dataclass, fields

import pytest

from mer_core.errors import ParameterError
from mer_core.parameters import check, parameter, that_matter
from mer_core.sonify import SonifyParams


@dataclass(frozen=True)
class Toy:
    way: str = parameter("near", "Way", choices=("near", "far"))
    steps: float = parameter(2.0, "Steps (m)", range=(0.0, 5.0), when=("way", ("far",)))
    plain: bool = False

    def __post_init__(self):
        check(self)


def test_a_value_outside_its_choices_or_its_range_is_named():
    with pytest.raises(ParameterError, match="way must be one of near, far, not 'up'"):
        Toy(way="up")
    for steps in (-0.1, 5.1, float("nan")):
        with pytest.raises(ParameterError, match=f"steps must lie between 0.0 and 5.0, not {steps}"):
            Toy(steps=steps)


def test_what_does_not_matter_makes_no_difference():
    assert that_matter(Toy(steps=1.0)) == that_matter(Toy(steps=4.0)) == {"way": "near", "plain": False}
    assert that_matter(Toy("far", 1.0)) == {"way": "far", "steps": 1.0, "plain": False}


def test_every_choice_of_a_sonification_has_its_words():
    for item in fields(SonifyParams):
        facts = item.metadata
        assert len(facts["label"]) > 4 and "_" not in facts["label"]
        assert "choices" in facts or "range" in facts or isinstance(item.default, bool)
        assert set(facts.get("words", ())) <= set(facts.get("choices", ()))


def test_each_curve_has_its_own_choices():
    own = {curve: set(that_matter(SonifyParams(curve=curve))) & {"full", "keep", "knee"}
           for curve in ("squared", "linear", "soft knee", "binary")}
    assert own == {"squared": {"full"}, "linear": {"full"}, "soft knee": {"keep", "knee"}, "binary": {"keep"}}
