import time

import pytest

from monitor.articles.boilerplate import is_boilerplate

FURNITURE = """
Post Comment
Leave a reply
12 Comments
Comments (3)
Original Source: www.bbc.com
Source: Reuters
SOURCE - Ministry of Health
Originally published at Courier.example
First appeared in The Courier
via Reuters
Read more: What we know about the truce
Read also
See also: Markets fall
Read this next
Watch this: the bridge from above
Related
Related stories
Related: Markets fall as traders wait
More on this story
More stories
Continue reading...
Click here
Click here to read the paper
Click to enlarge
Share this article
Share on Facebook
Share
Tweet this
Follow us on X and Mastodon
Follow us: @courier
Like us on Facebook
Sign up for our newsletter
Subscribe now and save
Get the latest news in your inbox
Newsletter
Our newsletters
ADVERTISEMENT
Sponsored content
All rights reserved.
Copyright 2026 The Courier. All rights reserved.
Copyright The Courier 2026 - ISSN 1234-5678
Copyright: The Courier
© 2026 The Courier
(c) The Courier
Photo: Ana Haddad / Levant Wire
Image credit: NASA
Picture by Bea Lind
Loading...
Please wait
Accept all cookies
Also on rt.com Markets fall as traders wait
Like this story? Share it with a friend!
(Reporting by Ana Haddad, editing by Bea Lind.)
Additional reporting by Ana Haddad
Ana Haddad contributed to this report.
Filed under: Syria
Most read in World News
Get the day's news delivered to your inbox every morning.
Follow Courier on Instagram, Facebook and X.
Lesen Sie auch: Die Brücke im Norden
Mehr zum Thema: Der Waffenstillstand
Newsletter abonnieren
Foto: dpa
Lea también: Los mercados caen
Suscríbete a nuestro boletín
Lire aussi : Les marchés reculent
Abonnez-vous dès maintenant
Leggi anche: I mercati scendono
Riproduzione riservata
Leia também: Mercados em queda
Читайте также: Рынки падают
Подпишитесь на наш канал
Читайте також: Ринки падають
İlgili haberler
Kaynak: Anadolu Ajansı
اقرأ أيضا: الأسواق تتراجع
المصدر: وكالات
جميع الحقوق محفوظة
Lees ook: Markten dalen
무단전재 및 재배포 금지
"""

# What begins like furniture and is none.
SENTENCES = """
Comments by the minister angered the opposition.
Sources close to the talks said that a truce was near.
Source code of the program was leaked on Sunday.
Via Aurelia was closed to traffic after the storm, the mayor said.
Read the statement again, the minister told reporters.
See this as a warning, the general said.
Related protests took place in Idlib and Homs.
Images of the strike spread quickly.
Photos show smoke above the old citadel.
Picture a city without water, said the mayor.
Mehr als hundert Menschen starben bei dem Angriff auf Aleppo.
Also on Sunday, troops entered the western districts.
Reporting by the BBC found that the strikes had begun earlier.
Published by Penguin, the book sold a million copies.
شارك الرئيس في القمة العربية
سجل المنتخب هدفا في الدقيقة الأخيرة
علق الوزير على الغارات
Отправить войска решил президент
Сохранить мир на границе хотят обе стороны.
Copyright-Reform im Bundestag beschlossen
Quelle des Feuers war ein Kabelbrand.
Ver para creer, dijo el alcalde.
Leer y escribir aprenden aquí los niños.
Lire entre les lignes, dit le ministre.
Source de conflit, le barrage divise la région.
Fuentes cercanas al gobierno confirmaron el ataque.
Foto shock da Aleppo sui giornali.
Kaynak suyu kirlendi, dedi belediye başkanı.
Reklamı yasaklayan yasa kabul edildi.
Mira el ministro hacia otro lado.
Share prices fell by a tenth.
Like us, they are tired of the war, a resident said.
Find us a road out, the families asked.
Copyright law will change next year.
Get the wounded out first, the doctors asked.
Loading of grain began at dawn.
Advertisements for the new film were taken down.
Newsletters were the first victims of the new rules.
More stories of loss came from the villages.
He wrote: post comment
"""


def lines(text: str) -> list[str]:
    return text.strip().split("\n")


@pytest.mark.parametrize("line", lines(FURNITURE))
def test_page_furniture_is_told_from_the_text(line: str) -> None:
    found = [is_boilerplate(form) for form in (line, line.upper(), f"  {line} ")]

    assert found == [True, True, True]


@pytest.mark.parametrize("line", lines(SENTENCES))
def test_a_sentence_that_begins_like_furniture_is_text(line: str) -> None:
    found = is_boilerplate(line)

    assert not found


def test_a_long_line_is_never_furniture() -> None:
    found = [is_boilerplate("©" + "x" * n) for n in (160, 161, 300, 100_000)]

    assert found == [True, False, False, False]


@pytest.mark.parametrize(
    "line",
    ["copyright " + "a " * 140, "source" + " " * 290, "related" + "-" * 290, "a" * 300],
)
def test_no_line_holds_the_patterns_up(line: str) -> None:
    began = time.process_time()
    is_boilerplate(line)

    assert time.process_time() - began < 0.1
