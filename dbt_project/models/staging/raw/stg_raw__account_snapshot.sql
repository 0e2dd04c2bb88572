select
    workspace_id,
    account_id,
    captured_at,
    source,
    load_id,
    views,
    video_views,
    likes,
    followers,
    following,
    posts_count
from {{ source('raw', 'account_snapshot') }}
