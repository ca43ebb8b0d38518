"""[rendering] ocr says at once what is missing for it."""

import pytest

from gateway.config.values import ocr_languages


@pytest.mark.parametrize("value", ["", "eng"])
def test_languages_that_are_installed_are_taken(value):
    assert ocr_languages(value) == value


def test_a_language_that_is_missing_is_named_with_its_package():
    with pytest.raises(ValueError, match=r'"gle" is not installed: apt install tesseract-ocr-gle'):
        ocr_languages("eng+gle")


@pytest.mark.parametrize("value", ["english, german", "../eng", "eng++deu"])
def test_what_is_no_language_is_refused(value):
    with pytest.raises(ValueError, match=r'for example "eng\+deu"'):
        ocr_languages(value)


def test_without_tesseract_the_package_is_named(monkeypatch):
    monkeypatch.setenv("PATH", "/nonexistent")

    with pytest.raises(ValueError, match="apt install tesseract-ocr"):
        ocr_languages("eng")
