"""``uvicorn app.main:app``"""

from __future__ import annotations

import logging
import os
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException
from ml import LinearModel, NotEnoughData
from mq import Broker, default_broker

from .models import Answer, Question, Store, Training

log = logging.getLogger(__name__)

SERVICE = os.environ.get("SERVICE_NAME", "fastapi-ml")

app = FastAPI(title=SERVICE)
store = Store()


def get_store() -> Store:
    return store


Models = Annotated[Store, Depends(get_store)]
Events = Annotated[Broker, Depends(default_broker)]


@app.get("/health")
def health() -> dict[str, str]:
    return {"service": SERVICE}


@app.put("/models/{name}", status_code=201)
def train(name: str, training: Training, models: Models, events: Events) -> dict[str, list[float]]:
    try:
        model = LinearModel.fit(training.x, training.y)
    except NotEnoughData as error:
        raise HTTPException(422, str(error)) from error
    models.put(name, model)
    log.info("trained %s", name)
    events.publish("models/trained", {"name": name})
    return {"weights": list(model.weights)}


@app.post("/models/{name}/answers")
def ask(name: str, question: Question, models: Models) -> Answer:
    model = models.get(name)
    if model is None:
        raise HTTPException(404, f"no model is called {name!r}")
    return Answer(y=model.predict(question.x).tolist())
