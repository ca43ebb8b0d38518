import numpy as np
import pytest

from renderers.builtin.text import COLUMNS, TextRenderer, columns_for, lines_of
from renderers.charset import decoded
from renderers.errors import DocumentEmpty, DocumentProtected, TooManyPages
from renderers.profile import Profile, Resolution
from tests.unit.renderers.pages import a_document, a_workshop


def pages_of(tmp_path, text, profile=None):
    document = a_document(tmp_path, text.encode())
    return list(TextRenderer().pages(document, a_workshop(tmp_path, profile)))


@pytest.mark.parametrize(
    ("data", "charset", "text"),
    [
        ("Größe €".encode(), None, "Größe €"),
        ("Größe €".encode("utf-8-sig"), None, "Größe €"),
        ("Größe €".encode("cp1252"), None, "Größe €"),
        ("Größe €".encode("utf-16"), None, "Größe €"),
        ("Größe".encode("cp850"), "cp850", "Größe"),
        ("Größe".encode(), "ascii", "Größe"),
        ("Größe".encode(), "no-such-charset", "Größe"),
        ("Счёт за насосы, г. Тверь".encode("koi8-r"), None, "Счёт за насосы, г. Тверь"),
        ("Счёт за насосы, г. Тверь".encode("cp1251"), None, "Счёт за насосы, г. Тверь"),
        ("Счёт 4711 from ACME Inc.".encode("koi8-r"), "no-such-charset", "Счёт 4711 from ACME Inc."),
        ("Fläche größer als übrige Räume".encode("cp1252"), None, "Fläche größer als übrige Räume"),
        ("Événement à l'été, forêt, créée".encode("cp1252"), None, "Événement à l'été, forêt, créée"),
    ],
)
def test_text_is_read_in_its_charset(data, charset, text):
    assert decoded(data, charset) == text


def test_form_feeds_split_pages_and_one_at_the_end_does_not():
    assert lines_of("one\n\ftwo\n\f") == [["one"], ["two"]]


def test_a_long_line_is_wrapped_at_a_word():
    assert lines_of("aaa bbb ccc", columns=8) == [["aaa bbb", "ccc"]]


def test_a_word_longer_than_the_line_loses_nothing():
    assert "".join(lines_of("x" * 200)[0]) == "x" * 200


def test_tabs_stand_at_every_eighth_column_and_control_characters_are_left_out():
    assert lines_of("a\tb\x07\x1b[1m") == [["a       b[1m"]]


def test_blank_lines_are_kept():
    assert lines_of("a\r\n\r\nb") == [["a", "", "b"]]


def test_a_page_of_text_has_black_where_the_letters_are(tmp_path):
    (page,) = pages_of(tmp_path, "Hello")

    assert page.gray.shape == (2287, 1728)
    dark = np.argwhere(page.gray < 168)
    assert dark.min(axis=0) == pytest.approx([95, 104], abs=15)
    assert dark.max(axis=0) == pytest.approx([118, 200], abs=15)


def test_letters_are_as_high_on_paper_at_every_resolution(tmp_path):
    heights = []
    for resolution in Resolution:
        (page,) = pages_of(tmp_path, "H", Profile(resolution))
        rows = np.flatnonzero((page.gray < 168).any(axis=1))
        heights.append((rows[-1] - rows[0] + 1) / resolution.lines_per_mm)

    assert heights == pytest.approx([2.8] * 3, abs=0.3)


def test_sixty_lines_need_two_pages(tmp_path):
    assert len(pages_of(tmp_path, "line\n" * 60)) == 2


def test_text_beyond_the_page_limit_is_refused(tmp_path):
    with pytest.raises(TooManyPages):
        pages_of(tmp_path, "\f".join("abc"), Profile(page_limit=2))


def test_what_only_a_key_can_read_is_not_faxed(tmp_path):
    with pytest.raises(DocumentProtected):
        pages_of(tmp_path, "\r\n-----BEGIN PGP MESSAGE-----\r\n\r\nhQEMA\r\n-----END PGP MESSAGE-----\r\n")
    assert pages_of(tmp_path, "Text begins with -----BEGIN PGP MESSAGE-----")


def test_text_of_blanks_is_empty(tmp_path):
    with pytest.raises(DocumentEmpty):
        pages_of(tmp_path, " \n\f \n")


def test_a_blank_page_between_two_is_kept(tmp_path):
    assert len(pages_of(tmp_path, "one\f\fthree")) == 3


def test_a_list_as_wide_as_a_line_printer_keeps_its_lines(tmp_path):
    lines = [f"{f'Item {n}':40}{n:>20}{'EUR':>20}{'Hamburg':>30}{'total':>22}" for n in range(50)]
    text = "\n".join(lines)

    assert columns_for(text) == 132
    (page,) = pages_of(tmp_path, text)
    inked = np.flatnonzero((page.gray < 128).any(axis=0))
    assert inked[0] > 100
    assert inked[-1] < 1728 - 100


@pytest.mark.parametrize(
    "text",
    [
        "short lines\nonly",
        "A paragraph that nobody broke into lines goes on and on until it is longer than eighty columns. "
        * 2,
        f"{'a' * 60}     {'b' * 100}",
    ],
)
def test_prose_and_lists_that_are_too_wide_are_wrapped(text):
    assert columns_for(text) == COLUMNS


def test_what_printers_and_terminals_do_with_letters_is_not_printed(tmp_path):
    shown = pages_of(tmp_path, "N\x08NA\x08A _\x08u \x1b[1mbold\x1b[0m \x1b(Bx")
    plain = pages_of(tmp_path, "NA u bold x")

    assert np.array_equal(shown[0].gray, plain[0].gray)
