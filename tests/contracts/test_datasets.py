"""What holds for every data set of the registry."""

import pytest

from mer_core.datasets._base import Dataset
from mer_core.errors import DataError
from mer_core.registry import entries

SETS = entries("datasets")


def test_the_registry_finds_the_published_sets():
    assert {"musifeast17", "4q"} <= set(SETS)


@pytest.mark.parametrize("name", SETS)
def test_it_states_where_it_comes_from(name):
    dataset = SETS[name]
    assert issubclass(dataset, Dataset) and dataset.name == name
    for attribute in ("title", "citation", "licence", "url", "marker"):
        assert getattr(dataset, attribute).strip(), attribute
    assert dataset.url.startswith("https://")
    assert not dataset.marker.startswith("/") and ".." not in dataset.marker
    assert dataset.__doc__


@pytest.mark.parametrize("name", SETS)
def test_a_missing_folder_says_what_is_expected_and_where_to_get_it(name, tmp_path):
    with pytest.raises(DataError) as caught:
        SETS[name](tmp_path / "nowhere")
    assert SETS[name].url in str(caught.value) and SETS[name].marker in str(caught.value)


@pytest.mark.parametrize("name", SETS)
def test_a_table_without_its_columns_is_refused(name, tmp_path):
    marker = tmp_path / SETS[name].marker
    marker.parent.mkdir(parents=True, exist_ok=True)
    marker.write_text("something,else\n1,2\n")
    with pytest.raises(DataError):
        SETS[name](tmp_path).clips()
