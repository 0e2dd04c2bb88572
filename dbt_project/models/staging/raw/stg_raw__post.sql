select
    workspace_id,
    account_id,
    id as post_id,
    network,
    external_id,
    published_at,
    published_at is not null and published_time_known as published_time_known,
    (published_at at time zone 'UTC')::date as published_on,
    post_type,
    title,
    text,
    url,
    link_url,
    duration_seconds,
    is_repost,
    captured_at,
    load_id
from {{ source('raw', 'post') }}
