"""`/v1/metrics`."""

from fastapi import APIRouter

from api.deps import Caller
from api.metrics.schemas import MetricList
from clientnest.metrics import Metric, catalogue

router = APIRouter(prefix="/v1", tags=["metrics"])


@router.get("/metrics", summary="What each number means and who reports it", response_model=MetricList)
async def list_metrics(_: Caller) -> dict[str, list[Metric]]:
    return {"items": list(catalogue().values())}
