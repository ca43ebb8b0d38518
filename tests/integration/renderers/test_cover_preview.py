"""faxgw cover preview, with real renderers."""

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from gateway.cli.cover import cover
from renderers import Paper, Resolution
from tests.unit.renderers.pages import bits_of


@pytest.mark.parametrize("ending", ["png", "pdf", "tif"])
def test_a_template_can_be_looked_at(tmp_path, ending):
    out = tmp_path / f"page.{ending}"

    told = CliRunner().invoke(cover, ["preview", "standard", "--field", "subject=Bid", "-o", str(out)])

    assert (told.exit_code, told.output) == (0, f"{out}: 1 page\n")
    assert out.read_bytes()[:4] in (b"\x89PNG", b"%PDF", b"II*\0")


def test_a_template_is_shown_on_the_paper_that_is_faxed_on(tmp_path):
    out, config = tmp_path / "page.tif", tmp_path / "faxgw.toml"
    minimal = (Path(__file__).parents[3] / "samples/minimal.toml").read_text()
    config.write_text(
        f'{minimal}\n[rendering]\npaper = "letter"\nmargin = 20\nresolution = "standard"\n'
        f'[node]\ndata_dir = "{tmp_path}"\n'
    )

    told = CliRunner().invoke(cover, ["preview", "standard", "-c", str(config), "-o", str(out)])

    assert (told.exit_code, told.output) == (0, f"{out}: 1 page\n")
    (page,) = bits_of(out)
    assert len(page) <= Paper.LETTER.rows(Resolution.STANDARD)
    assert not np.unpackbits(page, axis=1)[:, :160].any()
