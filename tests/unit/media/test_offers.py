"""What is offered to be converted would do: the frame, the type and the codecs are those that are taken."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clientnest.media.model import Facts, Fit, MediaKind, Recipe
from clientnest.media.offers import Wanted, offers

PHOTO = Facts(MediaKind.IMAGE, "image/png", 9_000_000, 4000, 3000)
CLIP = Facts(MediaKind.VIDEO, "video/quicktime", 90_000_000, 1920, 1080, 30.0, 60.0, "hevc", "pcm_s16le")


def test_nothing_is_offered_for_what_fits_or_cannot_be_helped() -> None:
    assert offers(PHOTO, Wanted()) == ()
    assert offers(PHOTO, Wanted(formats=("image/png",), max_bytes=10_000_000, max_width=4000)) == ()
    assert offers(CLIP, Wanted(formats=("video/mp4",), max_duration_seconds=10)) == ()
    assert offers(PHOTO, Wanted(formats=("video/mp4",))) == ()
    assert offers(CLIP, Wanted(formats=("image/jpeg",))) == ()
    assert offers(CLIP, Wanted(video_codecs=("av1",))) == ()
    assert offers(PHOTO, Wanted(max_ratio=1.0, min_width=3500)) == offers(PHOTO, Wanted(max_ratio=1.0))[:1]


def test_the_gentlest_way_is_offered_first() -> None:
    (scaled,) = offers(PHOTO, Wanted(formats=("image/jpeg",), max_bytes=1_000_000, max_width=2048, max_height=2048))
    assert scaled.recipe == Recipe("image/jpeg", 2048, 1536, Fit.SCALE, 1_000_000)
    assert scaled.changes == ("format", "size", "bytes")
    padded, cropped = offers(PHOTO, Wanted(max_ratio=1.0, max_width=1080))
    assert padded.recipe == Recipe("image/png", 1080, 1080, Fit.PAD)
    assert cropped.recipe == Recipe("image/png", 1080, 1080, Fit.CROP)
    (played,) = offers(
        CLIP, Wanted(formats=("video/mp4",), video_codecs=("h264",), audio_codecs=("aac",), max_frame_rate=30)
    )
    assert played.recipe == Recipe("video/mp4", 1920, 1080, Fit.SCALE, None, 30)
    assert played.changes == ("format", "codec", "frame_rate")


def test_an_image_that_moves_becomes_a_video_or_stands_still_only_where_it_must() -> None:
    moving = Facts(MediaKind.IMAGE, "image/gif", 30_000_000, 600, 400, 4.0, 10.0)
    assert [one.recipe.mime_type for one in offers(moving, Wanted(max_bytes=15_000_000))] == ["video/mp4"]
    still = offers(moving, Wanted(formats=("image/jpeg", "image/png")))
    assert [one.recipe.mime_type for one in still] == ["image/jpeg"]


sides = st.integers(16, 8000)


@given(width=sides, height=sides, ratios=st.tuples(st.floats(0.3, 3), st.floats(0.3, 3)), most=st.integers(100, 4000))
def test_the_frame_that_is_offered_is_one_that_is_taken(
    width: int, height: int, ratios: tuple[float, float], most: int
) -> None:
    wanted = Wanted(min_ratio=min(ratios), max_ratio=max(ratios), max_width=most, max_height=most)
    for offer in offers(Facts(MediaKind.IMAGE, "image/jpeg", 1, width, height), wanted):
        recipe = offer.recipe
        assert recipe.width is not None
        assert recipe.height is not None
        assert recipe.width <= most
        assert recipe.height <= most
        if "ratio" in offer.changes:
            one_pixel = 2 / min(recipe.width, recipe.height)  # even numbers cannot always be nearer
            assert min(ratios) * (1 - one_pixel) <= recipe.width / recipe.height <= max(ratios) * (1 + one_pixel)


@pytest.mark.parametrize("fit", [Fit.PAD, Fit.CROP])
def test_a_crop_takes_away_and_a_pad_adds(fit: Fit) -> None:
    (recipe,) = [one.recipe for one in offers(PHOTO, Wanted(min_ratio=16 / 9)) if one.recipe.fit is fit]
    assert (recipe.width, recipe.height) == ((5332, 2998) if fit is Fit.PAD else (4000, 2250))
