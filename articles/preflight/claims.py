"""Whether a paragraph claims what needs a source: a share, a figure, what studies show."""

import re

ONES = r"(?:\d+|en|én|to|tre|fire|fem|seks|syv|otte|ni|ti|one|two|three|four|five|six|seven|eight|nine|ten)"
TENS = r"(?:\d+|to|tre|fire|fem|ti|tyve|hundrede|tusind|two|three|four|five|ten|twenty|a hundred|a thousand)"
UNIT = (
    r"(?:sekund|minut|min\b|time|dag|døgn|nat\b|nætter|uge|måned|mdr|år"
    r"|second|minute|hour|day|night|week|month|year)"
)
MONTH = (
    r"(?:januar|februar|marts|april|maj|juni|juli|august|september|oktober|november|december"
    r"|january|february|march|may|june|july|october)"
)

SHARE = re.compile(
    rf"\d\s*(?:%|‰|procent|pct\b|per\s?cent)"
    rf"|\b{ONES}\s+ud\s+af\s+{TENS}\b"
    rf"|\b{ONES}\s+(?:out\s+of|in)\s+{TENS}\b(?!\s+{UNIT})"
    rf"|\bhver\s+(?:\d+\.|anden|tredje|fjerde|femte|tiende|tyvende)(?!\s+(?:{UNIT}|gang))",
    re.IGNORECASE,
)
# In Danish “undersøgelse” is also an examination of a patient: only where the verb follows at once.
STUDIES_SHOW = re.compile(
    r"\b(?:undersøgelser|studier|forskning|forskningen|forskere|forskerne|videnskaben|forsøg|metaanalyser)"
    r"\s+(?:har\s+)?(?:også\s+)?(?:vist?|viser|viste|tyder|peger|finder|fandt|fundet|påvist|påviser|bekræfter)\b"
    r"|\bdet\s+er\s+(?:videnskabeligt\s+)?(?:bevist|påvist|dokumenteret)\b"
    r"|\b(?:studies|research|researchers|trials|scientists|a\s+study|evidence)\s+"
    r"(?:(?:has|have|also|clearly|now)\s+){0,2}"
    r"(?:shows?|showed|shown|suggests?|suggested|finds?|found|indicates?|demonstrates?|confirms?|proves?|proven)\b"
    r"|\b(?:has|have)\s+been\s+(?:scientifically\s+)?proven\b",
    re.IGNORECASE,
)
# Begun nowhere but at its first digit, and never taken back: reading takes time linear in the text.
NUMBER = r"(?<!\d)(?<!\d[.,])\d++(?:[.,]\d++)*+"
# Numbers that are no claim, in the order in which they are taken out.
HARMLESS = re.compile(
    "|".join(
        [
            r"(?:\+\d{2}[ ]?)?\b\d{2}(?:[ .]?\d{2}){3}\b",  # telephone
            r"\b(?:on|på|ring|call|tlf\.?|telefon|phone|til)\s+\+?\d[\d ]+\d",
            r"\b(?:112|114|1813|116[ ]?117|999|911|111)\b",
            r"\d{1,2}[./-]\d{1,2}[./-]\d{2,4}",  # date
            rf"\b\d{{1,2}}(?:\.|st|nd|rd|th)?\s+(?:of\s+)?{MONTH}\b",
            rf"\b{MONTH}\s+\d{{1,2}}\b",
            r"\b(?:19|20)\d{2}\b(?:\s*[-–]\s*(?:19|20)?\d{2}\b)?(?!\s+(?:patient|person|people|women|men|børn))",
            # time of day, duration, age
            r"\b(?:kl\.?|klokken|at)\s*\d{1,2}(?:[.:]\d{2})?(?:\s*(?:[-–]|og|til|and|to)\s*\d{1,2}(?:[.:]\d{2})?)?",
            r"\b\d{1,2}:\d{2}\b",
            r"\b\d{1,2}(?:[.:]\d{2})?\s*(?:a\.?m\b|p\.?m\b|o['’]clock)",
            rf"{NUMBER}(?:\s*(?:[-–/]|til|to|eller|or|og|and)\s*{NUMBER})?[\s-]*(?:hele\s+|full\s+)?{UNIT}\w*",
            r"\b(?:aged?|alderen|fyldt|fylder)\s+\d+(?:\s*(?:[-–]|til|to|og|and)\s*\d+)?",
            rf"(?:kr\.?|DKK|EUR|€|£|\$)\s*\d[\d.,]*|{NUMBER}\s*(?:kr\b|kroner\b|DKK\b|euro\b|€)",  # money
            rf"{NUMBER}(?:\s*[-–]\s*{NUMBER})?\s*(?:°|grader\b|degrees\b)",  # fever
            # labels and ordinals
            r"\b(?:type|grad|grade|trin|step|stage|stadie|fase|phase|figur|figure|fig\.)[\s-]*\d+",
            r"\b(?:tabel|table|afsnit|section|kapitel|chapter|nr\.?|no\.|side|page|punkt|vitamin)[\s-]*\d+",
            r"(?<![^\W\d_])[^\W\d_]++-?\d(?:[\w.,-]*\w)?",
            r"\b\d+\.(?=\s+[a-zæøå])|\b\d+(?:st|nd|rd|th)\b",
            r"\b\d{4}\s+(?=[A-ZÆØÅ])",  # post code
        ]
    ),
    re.IGNORECASE,
)
FIGURE = re.compile(r"\d+(?:[.,]\d+)+|\d{2,}")


def needs_source(text: str) -> bool:
    """Whether the paragraph claims something that a citation should back."""
    if SHARE.search(text) or STUDIES_SHOW.search(text):
        return True
    return FIGURE.search(HARMLESS.sub(" ", text)) is not None
