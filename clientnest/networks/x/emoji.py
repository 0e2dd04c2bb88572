"""Emoji that X counts as one: those that are put together of several characters and that Unicode recommends.

X takes the list of twemoji-parser (https://github.com/twitter/twemoji-parser), which follows Unicode's sequences
(https://unicode.org/Public/emoji/latest/emoji-zwj-sequences.txt); others count as their parts.
Emoji of one character weigh two by X's ranges already.
"""

import re

import regex

_SKIN = "[\U0001f3fb-\U0001f3ff]"
_JOIN, _PICTURE = "\u200d", "\ufe0f"
_FLAGS = (
    "AC AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY "
    "BZ CA CC CD CF CG CH CI CK CL CM CN CO CP CQ CR CU CV CW CX CY CZ DE DG DJ DK DM DO DZ EA EC EE EG EH ER ES ET "
    "EU FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU IC ID IE IL IM "
    "IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF "
    "MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK "
    "PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TA TC "
    "TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM UN US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW"
)
_GENDERED = "[🏃🏄🏊👮👯👰👱👳👷💁💂💆💇🙅🙆🙇🙋🙍🙎🚣🚴🚵🚶🤦🤵🤷🤸🤹🤼🤽🤾🦸🦹🧍🧎🧏🧔🧖🧗🧘🧙🧚🧛🧜🧝🧞🧟]"
_ROLES = "(?:[⚕⚖✈]\ufe0f|[🌾🍳🍼🎄🎓🎤🎨🏫🏭💻💼🔧🔬🚀🚒🦰🦱🦲🦳🩰])"


def _sign(letter: str) -> str:
    return chr(0x1F1E6 + ord(letter) - ord("A"))


def _flags() -> str:
    """Flags by their first letters: the second ones stand in a set."""
    by_first: dict[str, str] = {}
    for country in _FLAGS.split():
        by_first[country[0]] = by_first.get(country[0], "") + _sign(country[1])
    return "|".join(f"{_sign(first)}[{seconds}]" for first, seconds in by_first.items())


_SEQUENCES = (
    r"[#*0-9]\ufe0f?\u20e3",
    _flags(),
    "🏴\U000e0067\U000e0062(?:\U000e0065\U000e006e\U000e0067|\U000e0073\U000e0063\U000e0074|\U000e0077\U000e006c\U000e0073)"
    "\U000e007f",
    # Families, couples, and people who hold hands
    f"(?:👨{_JOIN}[👨👩]|👩{_JOIN}👩|[👨👩]){_JOIN}(?:👧(?:{_JOIN}[👦👧])?|👦(?:{_JOIN}👦)?)",
    f"🧑{_JOIN}(?:🧑{_JOIN})?🧒(?:{_JOIN}🧒)?",
    f"(?:👨{_SKIN}?{_JOIN}❤{_PICTURE}{_JOIN}(?:💋{_JOIN})?👨|👩{_SKIN}?{_JOIN}❤{_PICTURE}{_JOIN}(?:💋{_JOIN})?[👨👩]"
    f"|🧑{_SKIN}?{_JOIN}❤{_PICTURE}{_JOIN}(?:💋{_JOIN})?🧑){_SKIN}?",
    f"(?:👨{_SKIN}{_JOIN}🤝{_JOIN}👨|👩{_SKIN}{_JOIN}🤝{_JOIN}[👨👩]){_SKIN}|🧑{_SKIN}?{_JOIN}🤝{_JOIN}🧑{_SKIN}?",
    f"(?:👨{_SKIN}{_JOIN}[🐰🫯]{_JOIN}👨|👩{_SKIN}{_JOIN}[🐰🫯]{_JOIN}👩|🧑{_SKIN}{_JOIN}[🐰🫯]{_JOIN}🧑){_SKIN}",
    f"🫱{_SKIN}{_JOIN}🫲{_SKIN}",
    # People at work, of a gender, and under way
    f"[👨👩🧑]{_SKIN}?{_JOIN}(?:{_ROLES}|[🦯🦼🦽](?:{_JOIN}➡{_PICTURE})?)",
    f"(?:{_GENDERED}{_SKIN}?|[🏋🏌🕵⛹](?:{_SKIN}|{_PICTURE})){_JOIN}[♀♂]{_PICTURE}(?:{_JOIN}➡{_PICTURE})?",
    f"[🏃🚶🧎]{_SKIN}?{_JOIN}➡{_PICTURE}",
    # The rest that is joined
    f"🏳{_PICTURE}{_JOIN}(?:🌈|⚧{_PICTURE})|🏴{_JOIN}☠{_PICTURE}|👁{_PICTURE}{_JOIN}🗨{_PICTURE}|⛓{_PICTURE}{_JOIN}💥",
    f"🐕{_JOIN}🦺|🐻{_JOIN}❄{_PICTURE}|🐈{_JOIN}⬛|🐦{_JOIN}[⬛🔥]|🍋{_JOIN}🟩|🍄{_JOIN}🟫",
    f"😮{_JOIN}💨|😵{_JOIN}💫|😶{_JOIN}🌫{_PICTURE}|❤{_PICTURE}{_JOIN}[🔥🩹]|🙂{_JOIN}[↔↕]{_PICTURE}",
    # One character with a skin, and those of which it can be said that they are meant as pictures
    rf"(?:\p{{Emoji_Modifier_Base}}|[\p{{Emoji_Modifier_Base}}--\p{{Emoji_Presentation}}]\ufe0f){_SKIN}",
    r"(?:(?![#*0-9])[\p{Emoji}--\p{Emoji_Presentation}]|"
    "[⌚⌛◽◾☔☕♈-♓♿⚓⚡⚪⚫⚽⚾⛄⛅⛔⛪⛲⛳⛵⛺⛽❗⬛⬜⭐⭕🀄🈚🈯])\ufe0f",
)
_BEGINNING = r"(?=[#*0-9\xa9\xae\u203c-\u3299\U0001f004-\U0001faff])"
_SEQUENCE = regex.compile(_BEGINNING + f"(?:{'|'.join(f'(?:{each})' for each in _SEQUENCES)})", regex.VERSION1)
_JOINING = re.compile("[\u200d\ufe0f\u20e3\U0001f1e6-\U0001f1ff\U0001f3fb-\U0001f3ff\U000e007f]")


def sequences(text: str) -> list[str]:
    """The emoji of several characters in a text, each as long as there is."""
    return _SEQUENCE.findall(text) if _JOINING.search(text) else []
