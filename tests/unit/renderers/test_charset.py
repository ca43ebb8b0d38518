"""Text whose charset nobody says, as programs of many countries save it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from renderers.charset import decoded, utf_16_in

TEXTS = {
    "German": "Sehr geehrte Damen und Herren,\r\nwir bestätigen Ihre Bestellung über 3 Stück.\r\nJörg Müller",
    "French": "Madame, Monsieur,\nvotre commande a été expédiée à l'adresse indiquée. Où êtes-vous ?",
    "Polish": "Szanowni Państwo, potwierdzamy zamówienie na trzy pompy. Z poważaniem, Łukasz Żółć",
    "Russian": "Уважаемые господа!\r\nПодтверждаем получение вашего заказа на три насоса.",
    "Greek": "Αγαπητοί κύριοι, επιβεβαιώνουμε την παραγγελία σας για τρεις αντλίες.",
    "Hebrew": "שלום רב, אנו מאשרים את הזמנתכם לשלוש משאבות.",
    "Arabic": "السادة الكرام، نؤكد طلبكم لثلاث مضخات. سيتم التسليم الأسبوع المقبل.",
    "Japanese": "お世話になっております。ご注文のポンプ三台を来週お届けいたします。",
    "Chinese": "尊敬的客户：您订购的三台水泵将于下周送达。如有问题请与我们联系。",
    "Taiwanese": "親愛的客戶：您訂購的三台水泵將於下週送達。如有問題請與我們聯繫。",
    "Korean": "안녕하세요. 주문하신 펌프 세 대를 다음 주에 배송해 드리겠습니다.",
}


@pytest.mark.parametrize(
    ("language", "charset"),
    [
        ("German", "cp1252"),
        ("German", "utf-16-le"),
        ("German", "utf-16-be"),
        ("German", "utf-32"),
        ("French", "cp1252"),
        ("Polish", "cp1250"),
        ("Russian", "koi8-r"),
        ("Russian", "cp1251"),
        ("Russian", "iso8859-5"),
        ("Russian", "utf-16-le"),
        ("Greek", "cp1253"),
        ("Hebrew", "cp1255"),
        ("Arabic", "cp1256"),
        ("Japanese", "shift_jis"),
        ("Japanese", "euc-jp"),
        ("Japanese", "iso2022_jp"),
        ("Chinese", "gb18030"),
        ("Taiwanese", "big5"),
        ("Korean", "euc-kr"),
    ],
)
def test_text_of_any_country_is_read(language, charset):
    assert decoded(TEXTS[language].encode(charset)) == TEXTS[language]


@pytest.mark.parametrize(
    "text",
    [
        "Müller",
        "Straße 5",
        "45 °C",
        "Preis: € 12,50",
        "Ça va",
        "El señor Núñez",
        "Ångström",
        "It’s 5 o’clock",
    ],
)
def test_a_few_accents_are_western(text):
    assert decoded(text.encode("cp1252")) == text


def test_what_is_declared_comes_before_what_it_looks_like():
    assert decoded("Größe".encode("cp850"), "cp850") == "Größe"


@pytest.mark.parametrize("data", [b"", b"\0\0", b"\0\1\0\2", b"plain", b"a\0b\0\1\0", b"\x89PNG\r\n\0\0"])
def test_other_bytes_are_no_utf_16(data):
    assert utf_16_in(data) is None


@given(st.binary(max_size=300), st.sampled_from([None, "utf-8", "koi8-r", "no such", "utf-16"]))
def test_any_bytes_are_some_text(data, charset):
    assert isinstance(decoded(data, charset), str)


@pytest.mark.parametrize(
    ("declared", "charset", "text"),
    [
        ("ISO-8859-1", "cp1252", "\u201e5\u201c \u20ac"),
        ("latin1", "cp1252", "\u201e5\u201c \u20ac"),
        ("iso-8859-9", "cp1254", "\u201e5\u201c \u20ac"),
        ("gb2312", "gbk", "\u9555\u71bb"),
        ("ks_c_5601-1987", "cp949", "\ub620\ubc29"),
        ("Shift_JIS", "cp932", "\u2460\u9ad9"),
    ],
)
def test_a_charset_means_what_windows_programs_write_under_its_name(declared, charset, text):
    assert decoded(text.encode(charset), declared) == text


def test_what_windows_does_not_know_either_is_read_as_declared():
    assert decoded(b"\x81M\xfcller", "iso-8859-1") == "\x81M\u00fcller"


@pytest.mark.parametrize(
    ("text", "charset"),
    [
        ("Größe und Käse für Müller, Gebühr", "cp850"),
        ("┌────────┬──────┐\r\n│ Größe  │ 12,50│\r\n└────────┴──────┘", "cp437"),
        ("┌────────┐\r\n│ Насос, цена без скидки │ Вентиль\r\n", "cp866"),
        ("Zamówienie: źdźbło żółte, pięć gałęzi", "cp1250"),
        ("Zamówienie: źdźbło żółte, pięć gałęzi", "iso8859-2"),
        ("\u201cA word\u201dand another\u2026 it\u2019s 5 \u20ac", "cp1252"),
    ],
)
def test_text_of_old_programs_is_read_though_nothing_says_its_coding(text, charset):
    assert decoded(text.encode(charset)) == text
