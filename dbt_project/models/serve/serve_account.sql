{{ config(alias='account') }}

select
    workspace_id,
    account_id,
    network,
    external_id,
    display_name,
    url,
    timezone,
    posts,
    first_published_at,
    last_published_at,
    last_captured_at,
    followers,
    followers_captured_at
from {{ ref('dim_account') }}
where workspace_id = app.current_workspace()
