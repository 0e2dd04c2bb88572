{{ config(alias='posting_slot') }}

select
    workspace_id,
    account_id,
    hour_of_week,
    posts,
    median_engagement,
    mean_log_engagement,
    account_mean_log_engagement
from {{ ref('fct_posting_slot') }}
where workspace_id = app.current_workspace()
