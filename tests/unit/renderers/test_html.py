"""HTML that shows nothing by itself."""

import pytest

from renderers.builtin.html import HtmlRenderer
from renderers.errors import DocumentUnsupported
from tests.unit.renderers.pages import a_document, a_workshop

FRAMES = b"<html><frameset cols='20%,80%'><frame src=a.html><frame src=b.html></frameset></html>"
APPLICATION = b"<html><body><div id=app></div><script src=app.js></script></body></html>"


def pages_of(tmp_path, page: bytes):
    document = a_document(tmp_path, page, "text/html", "report.html")
    return list(HtmlRenderer().pages(document, a_workshop(tmp_path)))


@pytest.mark.parametrize(
    ("page", "cause"),
    [
        (FRAMES, "shows other files in frames, and these are not in it."),
        (b"<body><IFRAME src='https://example.com/'></IFRAME>", "shows other files in frames, and these are"),
        (APPLICATION, "shows nothing without its scripts, and none are run here."),
    ],
)
def test_a_page_that_shows_nothing_by_itself_is_refused_with_what_to_do(tmp_path, page, cause):
    with pytest.raises(DocumentUnsupported) as told:
        pages_of(tmp_path, page)

    assert str(told.value).startswith(f'The document "report.html" {cause}')
    assert str(told.value).endswith("Open it in a browser, print it to a PDF, and send that.")


@pytest.mark.parametrize(
    "page",
    [
        b"<body><iframe src='https://example.com/'></iframe><p>Words</p></body>",
        b"<body><script>1</script><svg width=40 height=40><rect width=40 height=40 /></svg></body>",
    ],
)
def test_a_page_with_words_or_pictures_is_faxed_with_or_without_scripts_and_frames(tmp_path, page):
    (made,) = pages_of(tmp_path, page)

    assert made.gray.min() < 50


def test_the_place_of_a_frame_is_left_white(tmp_path):
    (made,) = pages_of(
        tmp_path, b"<iframe src='https://example.com/'></iframe><p style='color: #eee'>Words</p>"
    )

    assert made.gray.min() > 200


def test_a_page_without_anything_is_white_paper(tmp_path):
    (made,) = pages_of(tmp_path, b"<body></body>")

    assert made.gray.min() == 255
