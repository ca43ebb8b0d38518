"""Cover pages: which one, in which language, and what stands on it."""

from dataclasses import replace
from pathlib import Path

import pytest
from docx import Document
from docx.oxml import OxmlElement

from gateway.config.schema import Config, CoverSection
from gateway.errors import ConfigError
from gateway.model.number import FaxNumber
from gateway.model.permission import Permission
from gateway.rendering.covers.checks import check_covers
from gateway.rendering.covers.choice import choose
from gateway.rendering.covers.fields import EXAMPLE, CoverFields
from gateway.rendering.covers.templates import CoverFailed, Templates, check, fill, named_file

SAMPLES = Path(__file__).parents[3] / "samples" / "covers"
STAFF = Permission("staff", cover="letter")
NUMBER = FaxNumber("+493012345")


@pytest.mark.parametrize(
    ("wish", "by_number", "permission", "default", "chosen"),
    [
        ("", {}, None, "none", "none"),
        ("", {}, None, "standard", "standard"),
        ("", {}, STAFF, "standard", "letter"),
        ("", {}, Permission("all"), "standard", "standard"),
        ("", {"+49": "short", "+4930": "berlin"}, STAFF, "standard", "berlin"),
        ("", {"+4930": "none"}, STAFF, "standard", "none"),
        ("", {"+1": "short"}, STAFF, "standard", "letter"),
        ("blue", {"+49": "short"}, STAFF, "standard", "blue"),
        ("none", {"+49": "short"}, STAFF, "standard", "none"),
        ("on", {}, STAFF, "none", "letter"),
        ("on", {}, None, "none", "standard"),
    ],
)
def test_the_most_particular_wish_decides(wish, by_number, permission, default, chosen):
    choice = choose(
        wish=wish,
        number=NUMBER,
        by_number=by_number,
        sender="ann@example.com",
        by_sender={},
        permission=permission,
        default=default,
    )

    assert choice.name == chosen


@pytest.mark.parametrize(
    ("sender", "by_number", "chosen"),
    [
        ("Ann@Example.com", {}, "own"),
        ("bob@example.com", {}, "company"),
        ("eve@elsewhere.com", {}, "letter"),
        ("", {}, "letter"),
        ("ann@example.com", {"+49": "short"}, "short"),
    ],
)
def test_a_sender_may_have_a_cover_page_of_his_own(sender, by_number, chosen):
    section = CoverSection(senders=("ANN@example.com=own", "@example.com=company"))

    choice = choose(
        wish="",
        number=NUMBER,
        by_number=by_number,
        sender=sender,
        by_sender=section.by_sender,
        permission=STAFF,
        default="standard",
    )

    assert choice.name == chosen


def test_a_template_is_found_in_the_language_of_its_sender_and_else_in_any(tmp_path):
    for name in ("letter.html", "letter.de.docx", "note.fr.html"):
        (tmp_path / name).touch()
    templates = Templates(tmp_path)

    def found(name, *languages):
        template = templates.find(name, *languages)
        return template and template.path.name

    assert found("letter", "de-AT") == "letter.de.docx"
    assert found("Letter", "fr") == "letter.html"
    assert found("note", "en") == "note.fr.html"
    assert found("../letter") is None
    assert found("unknown") is None


def test_a_template_of_the_site_goes_before_the_one_that_is_built_in(tmp_path):
    (tmp_path / "standard.html").touch()

    templates = Templates(tmp_path)

    assert templates.find("standard", "de").path.parent == tmp_path
    assert {template.name for template in templates.all()} == {"standard", "continuation"}


@pytest.mark.parametrize("template", [*Templates(SAMPLES).all()], ids=lambda template: template.path.name)
def test_every_template_that_is_shipped_can_be_filled(template, tmp_path):
    check(template, tmp_path)


@pytest.mark.parametrize("language", ["en", "de", "fr"])
def test_the_samples_are_there_in_three_languages(language):
    template = Templates(SAMPLES).find("letter", language)

    assert template.path.name == f"letter.{language}.docx"


def test_what_stands_in_fields_is_text_whatever_it_looks_like(tmp_path):
    fields = replace(EXAMPLE, subject="<img src=x> {{ 7 * 7 }} & more")

    document = fill(Templates().find("standard"), fields, tmp_path)

    text = document.path.read_text()
    assert "&lt;img src=x&gt; {{ 7 * 7 }} &amp; more" in text
    assert "data:image/svg" in text


def test_the_page_is_in_the_language_of_the_sender(tmp_path):
    document = fill(Templates().find("standard"), replace(EXAMPLE, language="fr"), tmp_path)

    assert "TÉLÉCOPIE" in document.path.read_text()


def test_pictures_beside_a_template_come_along(tmp_path):
    (tmp_path / "own.html").write_text('<img src="cid:logo.png">')
    (tmp_path / "logo.png").touch()
    (tmp_path / "passwords.txt").touch()

    document = fill(Templates(tmp_path).find("own"), EXAMPLE, tmp_path)

    assert dict(document.parts) == {"logo.png": tmp_path / "logo.png"}


def a_word_template(path: Path) -> Path:
    """Fields as Word writes them: over several runs, with marks of the spelling checker between them."""
    document = Document()
    paragraph = document.add_paragraph("Subject: ")
    for text in ("{", "{ ", "sub", "ject", " }", "}"):
        run = paragraph.add_run(text)
        run.bold = len(text) > 1
        mark = OxmlElement("w:proofErr")
        mark.set("{http://schemas.openxmlformats.org/wordprocessingml/2006/main}type", "spellStart")
        run._r.addnext(mark)
    table = document.add_table(rows=4, cols=1)
    for row, text in enumerate(("{%tr if from_phone %}", "Call {{ from_phone }}", "{%tr endif %}", "end")):
        table.rows[row].cells[0].text = text
    for text in ("{%p for line in note.splitlines() %}", "- {{ line }}", "{%p endfor %}", "{{ qr }}"):
        document.add_paragraph(text)
    document.sections[0].footer.paragraphs[0].text = "page 1 of {{ pages }}"
    document.save(path)
    return path


def test_fields_that_word_has_cut_to_pieces_are_filled(tmp_path):
    template = named_file(a_word_template(tmp_path / "own.docx"))
    fields = replace(EXAMPLE, subject='R & D <"urgent">', note="one\ntwo", pages=7)

    filled = Document(fill(template, fields, tmp_path).path)

    lines = [paragraph.text for paragraph in filled.paragraphs]
    assert lines[:3] == ['Subject: R & D <"urgent">', "- one", "- two"]
    assert [row.cells[0].text for row in filled.tables[0].rows] == ["Call +49 30 1234-20", "end"]
    assert filled.sections[0].footer.paragraphs[0].text == "page 1 of 7"
    assert len(filled.inline_shapes) == 1


def test_lines_without_anything_to_say_are_not_there(tmp_path):
    template = named_file(a_word_template(tmp_path / "own.docx"))

    filled = Document(fill(template, CoverFields(), tmp_path).path)

    assert [row.cells[0].text for row in filled.tables[0].rows] == ["end"]
    assert not any(paragraph.text.startswith("-") for paragraph in filled.paragraphs)
    assert not filled.inline_shapes


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("own.html", b"{{ subjct }}", 'there is no field "subjct", did you mean "subject"?'),
        ("own.html", b"{{ colour }}", 'there is no field "colour".'),
        ("own.html", b"a\n{% if note %}", "Unexpected end of template (line 2)."),
        ("own.html", b"{{ subject.__class__.__mro__ }}", "may show fields, and nothing inside them."),
        ("own.html", b"\xff\xfe", "save it anew in this encoding."),
        ("own.html", b"{{ to }}<img src='cid:logo.png'>", 'the picture "logo.png" does not lie beside it.'),
        (
            "own.html",
            b"<style>p { color: red }</style><p>{% if false %}{{ to }}{% endif %}",
            "nothing is written",
        ),
        ("own.docx", b"no Word document", "it is no Word document; open it in Word and save it as .docx."),
    ],
)
def test_a_template_with_a_mistake_is_named_and_so_is_the_mistake(tmp_path, name, content, why):
    (tmp_path / name).write_bytes(content)

    with pytest.raises(CoverFailed, match="own") as failed:
        check(named_file(tmp_path / name), tmp_path)

    assert why in str(failed.value)


def test_who_writes_two_tags_in_a_paragraph_of_word_is_told_where_they_stand(tmp_path):
    document = Document()
    document.add_paragraph("{%p if note %}{{ note }}{%p endif %}")
    document.save(tmp_path / "own.docx")

    with pytest.raises(CoverFailed, match="stand in paragraphs of their own"):
        check(named_file(tmp_path / "own.docx"), tmp_path)


def test_a_template_that_shows_nothing_without_a_note_is_no_mistake(tmp_path):
    (tmp_path / "own.html").write_text("{{ note }}")

    check(named_file(tmp_path / "own.html"), tmp_path)


def test_check_config_names_every_mistake_about_cover_pages(tmp_path):
    (tmp_path / "own.html").write_text("{{ nothing }}")
    section = CoverSection(template="own", numbers=("+49=blue",), folder=tmp_path, continuation="red")

    with pytest.raises(ConfigError) as found:
        check_covers(Config(cover=section))

    told = str(found.value)
    assert 'cover.numbers: +49: there is no cover page "blue"' in told
    assert 'cover.continuation: there is no cover page "red"' in told
    assert 'own.html could not be made: there is no field "nothing"' in told
    assert len(told.splitlines()) == 3


def test_the_defaults_are_without_mistakes():
    check_covers(Config())
