{{ config(alias='content_type') }}

select
    workspace_id,
    account_id,
    post_type,
    posts,
    median_engagement,
    mean_log_engagement,
    account_median_engagement
from {{ ref('fct_content_type') }}
where workspace_id = app.current_workspace()
