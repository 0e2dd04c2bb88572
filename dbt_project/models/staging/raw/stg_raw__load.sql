select
    workspace_id,
    id as load_id,
    source,
    captured_from,
    captured_to,
    loaded_at
from {{ source('raw', 'load') }}
