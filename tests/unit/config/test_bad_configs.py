"""Each folder of tests/e2e/bad_configs is a mistake, and what the operator reads about it."""

from pathlib import Path

import pytest

from gateway.config.load import load
from gateway.errors import ConfigError

FOLDERS = sorted((Path(__file__).parents[2] / "e2e" / "bad_configs").glob("*-*"))


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_mistake_is_named_with_file_and_key(folder: Path):
    with pytest.raises(ConfigError) as caught:
        load(folder / "faxgw.toml")

    assert f"{caught.value}\n" == (folder / "expected").read_text()


def test_no_mistake_is_forgotten():
    assert len(FOLDERS) >= 12
