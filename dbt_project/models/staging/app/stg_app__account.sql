select
    workspace_id,
    id as account_id,
    network,
    external_id,
    display_name,
    url,
    timezone
from {{ source('app', 'account') }}
