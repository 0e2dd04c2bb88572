select
    id as workspace_id,
    name,
    timezone,
    is_demo
from {{ source('app', 'workspace') }}
