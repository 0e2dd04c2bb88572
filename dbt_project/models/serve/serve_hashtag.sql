{{ config(alias='hashtag') }}

select
    workspace_id,
    account_id,
    hashtag,
    posts,
    median_engagement,
    account_median_engagement
from {{ ref('fct_hashtag') }}
where workspace_id = app.current_workspace()
