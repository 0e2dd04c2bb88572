"""`/v1/workspaces/{workspace_id}/predict`."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request

from api.deps import PredictionsDoor
from api.predictions.predictor import LoadingPredictor
from api.predictions.schemas import PredictIn, PredictionList
from clientnest.entitlements import ProductEvent, record
from clientnest.warehouse import serve

router = APIRouter(prefix="/v1/workspaces/{workspace_id}", tags=["predictions"])


async def _predictor(request: Request) -> LoadingPredictor:
    loading: LoadingPredictor = request.app.state.predictor
    return loading


@router.post("/predict", summary="What drafts may achieve, with a range and reasons")
def predict(
    door: PredictionsDoor, asked: PredictIn, loading: Annotated[LoadingPredictor, Depends(_predictor)]
) -> PredictionList:
    with door.open() as (connection, membership):
        serve.ensure_built(connection)
        record(connection, door.workspace_id, ProductEvent.PREDICTION_REQUESTED, person_id=membership.person_id,
               properties={"drafts": len(asked.drafts)})  # fmt: skip
    predictor = loading.get()
    from ml.serving import Draft, Target

    drafts = [
        Draft(
            account_id=draft.account_id,
            planned_at=draft.planned_at,
            text=draft.text,
            title=draft.title,
            post_type=draft.post_type.value,
            has_link=draft.has_link,
        )
        for draft in asked.drafts
    ]
    target = next(target for target in Target if target.key == asked.target)
    found = predictor.predict(door.workspace_id, drafts, target=target)
    return PredictionList.model_validate({"items": found}, from_attributes=True)
