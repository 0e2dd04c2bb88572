{{ config(alias='metric_catalogue') }}

select
    position,
    name,
    label,
    description,
    unit,
    kind,
    aggregation,
    grains,
    network,
    native,
    source_url,
    until_date
from {{ ref('metric_catalogue') }}
