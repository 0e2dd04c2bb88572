"""Features of a post, known at the time it is planned for: one code for training, batches and a single draft."""

from ml.features.build import FEATURE_COLUMNS, build
from ml.features.frame import DRAFTS, POSTS, Target, as_drafts, as_posts, no_posts

__all__ = ["DRAFTS", "FEATURE_COLUMNS", "POSTS", "Target", "as_drafts", "as_posts", "build", "no_posts"]
