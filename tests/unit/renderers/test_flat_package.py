"""Documents of Word in one XML file become the usual archives, part by part."""

import base64
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from renderers.builtin.flat_package import write_archive
from renderers.media_type import SLIDES_PACKAGE, WORD_PACKAGE, WORD_XML, media_type_of

TEXT = b'<w:document xmlns:w="urn:w" xmlns:x="urn:x" x:Ignorable="x">\n<w:t>A &amp; B</w:t></w:document>'
PICTURE = bytes(range(256))
START = b'<?xml version="1.0"?>\r\n<?mso-application progid="%s"?>\r\n<pkg:package xmlns:pkg="urn:p">'


def a_package(program: bytes = b"Word.Document") -> bytes:
    return (
        START
        % program
        + b'<pkg:part pkg:name="/word/document.xml" pkg:contentType="application/document+xml" a="1">'
        b"<pkg:xmlData>" + TEXT + b"</pkg:xmlData></pkg:part>"
        b'<pkg:part pkg:compression="store" pkg:contentType="image/png" pkg:name="/word/media/a&amp;b.png">'
        b"<pkg:binaryData>" + base64.encodebytes(PICTURE) + b"</pkg:binaryData></pkg:part></pkg:package>"
    )


def test_every_part_stands_in_the_archive_as_it_is(tmp_path):
    (tmp_path / "a.xml").write_bytes(a_package())

    write_archive(tmp_path / "a.xml", tmp_path / "a.docx")

    with zipfile.ZipFile(tmp_path / "a.docx") as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    types = parts.pop("[Content_Types].xml").decode()
    assert parts["word/document.xml"].endswith(TEXT)
    assert parts["word/media/a&b.png"] == PICTURE
    assert 'PartName="/word/document.xml" ContentType="application/document+xml"' in types
    assert types.count("<Override") == 2


@pytest.mark.parametrize(
    "content",
    [b"", START % b"Word.Document", a_package()[:200], a_package().replace(b"pkg:name", b"pkg:nam")],
)
def test_a_package_without_parts_or_with_half_ones_is_refused(tmp_path, content):
    (tmp_path / "a.xml").write_bytes(content)

    with pytest.raises(ValueError, match="part"):
        write_archive(tmp_path / "a.xml", tmp_path / "a.docx")


@given(st.lists(st.sampled_from([a_package()[at : at + 40] for at in range(0, len(a_package()), 40)])))
def test_pieces_of_a_package_in_any_order_are_read_or_refused(tmp_path_factory, pieces):
    folder = tmp_path_factory.mktemp("package")
    (folder / "a.xml").write_bytes(b"".join(pieces))

    try:
        write_archive(folder / "a.xml", folder / "a.docx")
    except ValueError:
        return
    assert zipfile.is_zipfile(folder / "a.docx")


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (a_package(), WORD_PACKAGE),
        (a_package(b"PowerPoint.Show"), SLIDES_PACKAGE),
        (b'<?xml version="1.0"?><?mso-application progid="Word.Document"?><w:wordDocument/>', WORD_XML),
    ],
)
def test_it_is_told_from_what_word_2003_wrote(tmp_path, content, kind):
    (tmp_path / "a").write_bytes(content)

    assert media_type_of(tmp_path / "a", "text/xml", "a.xml") == kind
