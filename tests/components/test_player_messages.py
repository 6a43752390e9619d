"""What the browser may say to Python, and what is refused, each in words."""

import pytest

from components.player.messages import MOST_BOXES, Mix, Paint, checked
from mer_core.brush import Box
from mer_core.errors import ParameterError

STEMS = ("vocals", "drums")
MIX = {"id": 1, "kind": "mix", "gains": {"drums": 0.25}, "at": 3.5, "settled": False}
PAINT = {"id": 2, "kind": "paint", "boxes": [[0.5, 1.5, 200, 800.5]]}


def ask(message):
    return checked(message, STEMS, 10.0)


def test_a_mix_names_its_gains_and_the_playhead():
    assert ask(MIX) == Mix(1, {"drums": 0.25}, 3.5, False)


def test_a_painted_region_becomes_boxes_in_seconds_and_hertz():
    assert ask(PAINT) == Paint(2, (Box(0.5, 1.5, 200, 800.5),))


def test_clear_is_a_region_without_boxes():
    assert ask({"id": 3, "kind": "clear", "boxes": [[0, 1, 2, 3]]}) == Paint(3, ())


@pytest.mark.parametrize("message, words", [
    ("mix", "no question"), (None, "no question"), ({"id": 1, "kind": "shout"}, "no question"),
    ({**MIX, "id": "1"}, "as id"), ({**MIX, "id": True}, "as id"), ({**MIX, "id": -1}, "as id"),
    ({**MIX, "gains": [1, 2]}, r"must name stems \(vocals, drums\)"), ({**MIX, "gains": {"flute": 1}}, "flute"),
    ({**MIX, "gains": {"drums": 1.5}}, "gain of drums; a number from 0 to 1"),
    ({**MIX, "gains": {"drums": float("nan")}}, "gain of drums"), ({**MIX, "gains": {"drums": None}}, "gain of drums"),
    ({**MIX, "at": 12}, "as at; a number from 0 to 11"), ({**MIX, "at": float("inf")}, "as at"),
    ({**PAINT, "boxes": "all"}, "at most"), ({**PAINT, "boxes": [[0, 1, 2, 3]] * (MOST_BOXES + 1)}, "at most"),
    ({**PAINT, "boxes": [[0, 1, 2]]}, r"\[start s, end s, low Hz, high Hz\]"),
    ({**PAINT, "boxes": [[0, 1, 2, "3"]]}, "as box"), ({**PAINT, "boxes": [[-1, 1, 2, 3]]}, "as box"),
    ({**PAINT, "boxes": [[1, 1, 2, 3]]}, "must end after its start"),
    ({**PAINT, "boxes": [[0, 1, 3, 2]]}, "high edge above its low one"),
])
def test_a_message_of_the_wrong_shape_is_refused_in_words(message, words):
    with pytest.raises(ParameterError, match=words):
        ask(message)
