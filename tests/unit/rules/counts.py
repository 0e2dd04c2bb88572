"""What texts count at each network, with where the rule is said.

The columns were counted by hand, from the characters' code points and Unicode's rules for what belongs together
(https://www.unicode.org/reports/tr29/#Grapheme_Cluster_Boundaries), not by the code that is tested.
"""

from collections.abc import Iterator

# text: code points, units of UTF-16, bytes of UTF-8, graphemes, as Threads counts
_SAMPLES: tuple[tuple[str, int, int, int, int, int], ...] = (
    ("", 0, 0, 0, 0, 0),
    ("Hello, world!", 13, 13, 13, 13, 13),
    ("สวัสดี", 6, 6, 18, 4, 6),  # Thai: two vowels stand above their consonants
    ("น้ำ", 3, 3, 9, 1, 3),  # Thai: a tone mark and SARA AM, which is a spacing mark
    ("مرحبا", 5, 5, 10, 5, 5),  # Arabic
    ("مَرْحَبًا", 9, 9, 18, 5, 9),  # Arabic with its vowel signs
    ("नमस्ते", 6, 6, 18, 3, 6),  # Devanagari: a conjunct and a vowel sign
    ("क्षत्रिय", 8, 8, 24, 3, 8),  # Devanagari: two conjuncts
    ("🇹🇭", 2, 4, 8, 1, 8),
    ("🇯🇵🇰🇷🇩🇪", 6, 12, 24, 3, 24),
    ("👨\u200d👩\u200d👧\u200d👦", 7, 11, 25, 1, 25),  # a family, put together by zero-width joiners
    ("1\ufe0f\u20e3", 3, 3, 7, 1, 7),  # a keycap
    ("👍🏽", 2, 4, 8, 1, 8),  # a skin tone
    ("🏳\ufe0f\u200d🌈", 4, 6, 14, 1, 14),
    ("❤\ufe0f", 2, 2, 6, 1, 6),
    ("🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", 7, 14, 28, 1, 28),  # the flag of England
    ("Go 🚀!", 5, 6, 8, 5, 8),
    ("©", 1, 1, 2, 1, 1),  # text, unless it is asked to be a picture
    ("a\r\nb", 4, 4, 4, 3, 4),
    ("e\u0301", 2, 2, 3, 1, 2),
    ("\u00e9", 1, 1, 2, 1, 1),
    ("日本語", 3, 3, 9, 3, 3),
    ("\u1112\u1161\u11ab", 3, 3, 9, 1, 3),  # a Korean syllable, letter by letter
    ("\u200d", 1, 1, 3, 1, 1),
    ("ab\u200dc", 4, 4, 6, 3, 4),
    ("𝐁𝐨𝐥𝐝", 4, 8, 16, 4, 4),  # letters beyond the first 65,536, which are no emoji
    ("Z\u0351\u036b", 3, 3, 5, 1, 3),
    ("\ud83d", 1, 1, 3, 1, 1),  # half of an emoji, torn apart
)
_POINTS, _UNITS, _BYTES, _GRAPHEMES, _THREADS = range(1, 6)
_TOOLS = "https://developers.buffer.com/guides/character-limits"  # secondary: Meta and LinkedIn do not say
_RULES = {
    "bluesky": (_GRAPHEMES, "https://github.com/bluesky-social/atproto/blob/main/lexicons/app/bsky/feed/post.json"),
    "facebook": (_UNITS, _TOOLS),
    "instagram": (_UNITS, _TOOLS),
    "linkedin": (_UNITS, _TOOLS),
    "mastodon": (
        _GRAPHEMES,
        "https://github.com/mastodon/mastodon/blob/main/app/validators/status_length_validator.rb",
    ),
    "pinterest": (_POINTS, "https://json-schema.org/draft/2020-12/json-schema-validation#section-6.3.1"),
    "threads": (_THREADS, "https://developers.facebook.com/documentation/threads/posts"),
    "tiktok": (_UNITS, "https://developers.tiktok.com/doc/content-posting-api-reference-direct-post"),
    "youtube": (_BYTES, "https://developers.google.com/youtube/v3/docs/videos"),
}
_VALIDATOR = "https://github.com/mastodon/mastodon/blob/main/spec/validators/status_length_validator_spec.rb"
_POSTING = "https://docs.joinmastodon.org/user/posting/"
_MENTIONS = "https://github.com/mastodon/mastodon/blob/main/app/models/account.rb"
_ADDRESSES = "https://github.com/mastodon/mastodon/blob/main/config/initializers/twitter_regex.rb"
_MASTODON = (
    ("a" * 476 + " http://" + "b" * 30 + ".com/example", 500, _VALIDATOR),
    ("a" * 475 + " @alice@" + "b" * 30 + ".com", 482, _VALIDATOR),
    ("https://example.com", 23, _POSTING),
    ("see https://example.com/a?b=c, and (https://example.com/d)", 4 + 23 + 7 + 23 + 1, _POSTING),
    ("example.com", 11, _POSTING),  # without a scheme it is no link
    ("http://localhost/x", 18, _ADDRESSES),  # nor without a top-level domain
    ("ftp://example.com", 17, _ADDRESSES),
    ("gemini://example.com/", 23, _ADDRESSES),
    ("https://example.com/日本語", 23, _ADDRESSES),
    ("https://example.com/日本語。", 23, _ADDRESSES),
    ("@alice", 6, _POSTING),
    ("@alice@example.com", 6, _POSTING),
    ("hello @alice@example.com!", 13, _POSTING),
    ("alice@example.com", 17, _MENTIONS),  # an address of mail
    ("@alice@example.com@", 19, _MENTIONS),  # what an at sign follows is no mention
    ("https://example.com/@alice@example.org", 23, _ADDRESSES),
    ("  padded \n", 6, "https://github.com/mastodon/mastodon/blob/main/app/models/status.rb"),
)
_YOUTUBE = (("naïve ✓", 10, _RULES["youtube"][1]), ("ñ" * 2500, 5000, _RULES["youtube"][1]))


def cases() -> Iterator[tuple[str, str, int, str]]:
    """Network, text, what it counts there, and the source of the rule."""
    for network, (column, source) in _RULES.items():
        for sample in _SAMPLES:
            yield network, sample[0], int(sample[column]), source
    yield from (("mastodon", *case) for case in _MASTODON)
    yield from (("youtube", *case) for case in _YOUTUBE)
