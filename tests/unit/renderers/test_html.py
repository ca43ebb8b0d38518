"""HTML that shows nothing by itself, and HTML with very long pictures."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from renderers.builtin.html import HtmlRenderer
from renderers.errors import DocumentTooLarge, DocumentUnsupported
from renderers.spec import Gray
from tests.unit.renderers.pages import a_document, a_workshop

FRAMES = b"<html><frameset cols='20%,80%'><frame src=a.html><frame src=b.html></frameset></html>"
APPLICATION = b"<html><body><div id=app></div><script src=app.js></script></body></html>"


def pages_of(tmp_path, page: bytes):
    document = a_document(tmp_path, page, "text/html", "report.html")
    return list(HtmlRenderer().pages(document, a_workshop(tmp_path)))


def greys_of(tmp_path, page: bytes) -> list[Gray]:
    document = a_document(tmp_path, page, "text/html", "report.html")
    pages = HtmlRenderer().pages(document, a_workshop(tmp_path))
    return [page.gray.copy() for page in pages]  # the next one is drawn on the same sheet


def a_link_to(dots: Gray, kind: str = "PNG", orientation: int = 1) -> str:
    """A `data:` link to such a picture."""
    image, file = Image.fromarray(dots), io.BytesIO()
    exif = image.getexif()
    exif[0x0112] = orientation
    image.save(file, kind, exif=exif)
    return f"data:image/{kind.lower()};base64,{base64.b64encode(file.getvalue()).decode()}"


def bars(count: int, every: int = 100, width: int = 1000) -> Gray:
    """A picture with so many black bars, a line of a conversation each."""
    dots = np.full((count * every, width), 236, np.uint8)
    for top in range(every // 4, count * every, every):
        dots[top : top + every // 2, 100:-100] = 0
    return dots


def bars_on(gray: Gray) -> int:
    """How many bars a page has, however wide."""
    return int(np.count_nonzero(np.diff(((gray < 100).sum(axis=1) > 150).astype(np.int8)) == 1))


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


def test_a_very_long_picture_goes_on_over_pages_between_its_lines_below_the_text(tmp_path):
    page = f"<p>See below</p><p><img src='{a_link_to(bars(120))}'></p><p>Regards</p>"

    pages = greys_of(tmp_path, page.encode())

    assert 7 <= len(pages) <= 10
    counted = [bars_on(gray) for gray in pages]
    assert sum(counted) == 120
    assert counted[0] >= 12  # the text is above them, not alone on its page


def test_a_very_long_picture_in_a_table_is_as_wide_as_the_mail_says(tmp_path):
    picture = f"<img width=600 style='display:block; max-width:100%' src='{a_link_to(bars(120))}'>"
    page = f"<table><tr><td><a href=x>{picture}</a></td></tr><tr><td>Footer</td></tr></table>"

    pages = greys_of(tmp_path, page.encode())

    assert sum(bars_on(gray) for gray in pages) == 120
    widest = max(int((gray < 100).sum(axis=1).max()) for gray in pages)
    assert widest == pytest.approx(600 * 0.8 / 96 * 204, rel=0.02)


def test_a_very_long_photograph_that_lies_on_its_side_is_turned_before_it_is_cut(tmp_path):
    page = f"<img src='{a_link_to(np.rot90(bars(120)), 'JPEG', 6)}'>"

    assert sum(bars_on(gray) for gray in greys_of(tmp_path, page.encode())) == 120


@pytest.mark.parametrize(
    "element",
    [
        "<img height=900 src='{}'>",
        "<img style='width:75px' src='{}'>",
        "<img width=75 height=900px src='{}'>",
    ],
)
def test_what_shall_be_small_stays_small_however_long_the_picture_is(tmp_path, element):
    (gray,) = greys_of(tmp_path, element.format(a_link_to(bars(120))).encode())

    assert 2 * (gray < 250).any(axis=0).sum() < gray.shape[1]


@pytest.mark.parametrize("link", ["", "cid:none", "http://192.0.2.1/a.png", "data:image/png;base64,AAAA"])
def test_pictures_that_are_not_there_are_left_out(tmp_path, link):
    (gray,) = greys_of(tmp_path, f"<p>Words</p><img src='{link}'>".encode())

    assert gray.min() < 50


@pytest.mark.parametrize(
    "page", [b"<div>" * 3000, b"<html>" + b"<span>" * 1900 + b"a b c"], ids=["read", "laid out"]
)
def test_of_html_that_is_nested_too_deeply_no_picture_is_blamed(tmp_path, page):
    with pytest.raises(DocumentTooLarge) as caught:
        pages_of(tmp_path, page)

    assert caught.value.sentence == (
        'The document "report.html" is nested too deeply to be turned into fax pages.'
    )
    assert caught.value.remedy == "Open it on your computer, print it to a PDF, and send that."
