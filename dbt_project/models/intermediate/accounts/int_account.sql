-- Accounts with the zone their hours are told in: their own, else the workspace's; a zone the server does not know is
-- told in UTC, so that one mistyped name cannot stop the build of every workspace.
{{ config(materialized='table') }}

with accounts as (
    select
        a.workspace_id,
        a.account_id,
        a.network,
        a.external_id,
        a.display_name,
        a.url,
        coalesce(a.timezone, w.timezone) as named_timezone
    from {{ ref('stg_app__account') }} as a
    inner join {{ ref('stg_app__workspace') }} as w on a.workspace_id = w.workspace_id
),

zones as materialized (
    select name
    from pg_catalog.pg_timezone_names
)

select
    accounts.workspace_id,
    accounts.account_id,
    accounts.network,
    accounts.external_id,
    accounts.display_name,
    accounts.url,
    coalesce(zones.name, 'UTC') as timezone,
    zones.name is not null as timezone_is_known
from accounts
left join zones on accounts.named_timezone = zones.name
