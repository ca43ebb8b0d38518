"""faxgw cover preview, with real renderers."""

import pytest
from click.testing import CliRunner

from gateway.cli.cover import cover


@pytest.mark.parametrize("ending", ["png", "pdf", "tif"])
def test_a_template_can_be_looked_at(tmp_path, ending):
    out = tmp_path / f"page.{ending}"

    told = CliRunner().invoke(cover, ["preview", "standard", "--field", "subject=Bid", "-o", str(out)])

    assert (told.exit_code, told.output) == (0, f"{out}: 1 page\n")
    assert out.read_bytes()[:4] in (b"\x89PNG", b"%PDF", b"II*\0")
