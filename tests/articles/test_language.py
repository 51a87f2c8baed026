import pytest

from monitor.articles.language import detect, primary


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Troops have pulled out of the city, officers said on Sunday.", "en"),
        ("Die Truppen haben die Stadt verlassen, sagten Offiziere am Sonntag.", "de"),
        ("Subaylar pazar günü askerlerin şehirden çekildiğini söyledi.", "tr"),
        ("أفاد سكان محليون بأن غارات جوية استهدفت قرى في ريف حلب الغربي", "ar"),
        ("Войска покинули город, сообщили офицеры в воскресенье.", "ru"),
    ],
)
def test_the_language_of_a_text_is_recognised(text: str, language: str) -> None:
    found = detect(text)

    assert found == language


@pytest.mark.parametrize("text", ["", "Aleppo", "x" * 19])
def test_a_text_too_short_has_no_language(text: str) -> None:
    found = detect(text)

    assert found == ""


def test_a_long_text_is_judged_by_its_beginning() -> None:
    text = "The troops have left the city. " * 100 + "غارات جوية على حلب " * 10_000

    found = detect(text)

    assert found == "en"


@pytest.mark.parametrize(
    ("tag", "language"),
    [
        ("en", "en"),
        ("EN-gb", "en"),
        (" ar_SY ", "ar"),
        ("ckb", "ckb"),
        ("english", ""),
        ("e", ""),
        ("", ""),
        ("<b>", ""),
    ],
)
def test_a_tag_is_cut_to_its_language(tag: str, language: str) -> None:
    found = primary(tag)

    assert found == language
