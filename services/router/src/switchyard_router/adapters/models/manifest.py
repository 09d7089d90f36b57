"""What stands beside a model file: what it is, what it was trained on, how good it was."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

import orjson
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, model_validator

from switchyard_router.adapters.models.refusal import ModelRefused
from switchyard_router.domain.feature_drift import MOST_BINS, Histogram
from switchyard_router.domain.handle_time_features import NAMES, names_hash
from switchyard_router.domain.residual_ratios import ResidualRatios

MANIFEST_FILE = "manifest.json"
MODEL_FILE = "model.txt"
_MOST_BYTES = 1 << 20

type Predicts = Literal["handle_time", "resolution"]
type _Word = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,80}$")]


class Window(BaseModel):
    """The time that training data came from."""

    model_config = ConfigDict(frozen=True)

    begin: AwareDatetime
    end: AwareDatetime

    @model_validator(mode="after")
    def _runs_forwards(self) -> Self:
        if self.end < self.begin:
            raise ValueError("the window ends before it begins")
        return self


class Probe(BaseModel):
    """One row of features, and what the library that trained the model predicts for it."""

    model_config = ConfigDict(frozen=True, allow_inf_nan=False)

    features: tuple[float, ...]
    seconds: float
    """For a model of resolution: the share that is resolved."""


class Bins(BaseModel):
    """Training rows by bins of one feature, as domain/feature_drift.py counts them."""

    model_config = ConfigDict(frozen=True, allow_inf_nan=False)

    edges: Annotated[tuple[float, ...], Field(min_length=1, max_length=MOST_BINS - 1)]
    counts: tuple[Annotated[int, Field(ge=0)], ...]

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if list(self.edges) != sorted(set(self.edges)) or len(self.counts) != len(self.edges) + 1:
            raise ValueError("edges must rise, and there must be one count more than edges")
        return self


class Ratios(BaseModel):
    """Quantiles 0.1, 0.5 and 0.9 of real time over predicted mean, on days not trained on; and
    the median of real time over the table's mean.
    """

    model_config = ConfigDict(frozen=True, allow_inf_nan=False)

    low: Annotated[float, Field(gt=0)]
    median: Annotated[float, Field(gt=0)]
    high: Annotated[float, Field(gt=0)]
    table_median: Annotated[float | None, Field(gt=0)] = None

    @model_validator(mode="after")
    def _rises(self) -> Self:
        if not self.low <= self.median <= self.high:
            raise ValueError("low, median and high must rise")
        return self


class Manifest(BaseModel):
    """A model's manifest. Unknown fields are ignored, so that newer trainers may say more."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: _Word
    version: _Word
    created: AwareDatetime
    predicts: Predicts = "handle_time"
    objective: str
    features: tuple[str, ...]
    features_sha256: str
    time_zone: str = "UTC"
    training_window: Window
    rows: Annotated[int, Field(ge=0)]
    metrics: Mapping[str, float | int | str]
    libraries: Mapping[str, str]
    model_sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    probes: Annotated[tuple[Probe, ...], Field(min_length=8, max_length=1000)]
    seed: int = 0
    histograms: Mapping[str, Bins] = Field(default_factory=dict)
    """By feature; unless all are there, drift of features is not watched."""
    residuals: Ratios | None = None
    """None: coverage is not watched, and the table's noise gives the medians."""

    serves: Literal["model", "table"] = "model"
    """`table`: the model did not beat it with certainty; routers go by the table."""

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if names_hash(self.features) != self.features_sha256:
            raise ValueError("features_sha256 is not the hash of the features")
        try:
            ZoneInfo(self.time_zone)
        except (KeyError, ValueError, OSError) as error:
            raise ValueError(f"there is no time zone {self.time_zone!r}") from error
        return self

    @property
    def label(self) -> str:
        """Name and version, as decisions carry it."""
        return f"{self.name}@{self.version}"

    @property
    def trained_on(self) -> tuple[Histogram, ...]:
        """Histograms in the order of the features; empty if the trainer did not give all."""
        bins = [self.histograms[name] for name in self.features if name in self.histograms]
        whole = len(bins) == len(self.features)
        return tuple(Histogram(each.edges, each.counts) for each in bins) if whole else ()

    @property
    def residual_ratios(self) -> ResidualRatios | None:
        """Where real times lie about predictions; None if the trainer did not say."""
        said = self.residuals
        return None if said is None else ResidualRatios(**said.model_dump())


def read_manifest(folder: Path) -> Manifest:
    """The manifest in a folder; ModelRefused if there is none, or a broken one."""
    path = folder / MANIFEST_FILE
    try:
        return Manifest.model_validate_json(read_bounded(path, _MOST_BYTES))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise ModelRefused("MANIFEST_BROKEN", f"{path.name}: {place} {first['msg']}") from error


def read_bounded(path: Path, most_bytes: int) -> bytes:
    """A file's content; ModelRefused if it is missing, unreadable or larger than that."""
    try:
        with path.open("rb") as stream:
            data = stream.read(most_bytes + 1)
    except FileNotFoundError as error:
        raise ModelRefused("FILE_MISSING", f"there is no {path.name}") from error
    except OSError as error:
        raise ModelRefused("FILE_UNREADABLE", f"{path.name}: {error.strerror}") from error
    if len(data) > most_bytes:
        raise ModelRefused("TOO_LARGE", f"{path.name} is larger than {most_bytes} bytes")
    return data


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write the manifest into a folder."""
    data = orjson.dumps(manifest.model_dump(mode="json"), option=orjson.OPT_INDENT_2)
    (folder / MANIFEST_FILE).write_bytes(data + b"\n")


def check_features(features: Sequence[str]) -> None:
    """ModelRefused, saying the difference, unless these are exactly the router's features."""
    if tuple(features) == NAMES:
        return
    missing = [name for name in NAMES if name not in features]
    unknown = [name for name in features if name not in NAMES]
    problems = []
    if missing:
        problems.append("not in the model: " + ", ".join(missing))
    if unknown:
        problems.append("not in the router: " + ", ".join(unknown))
    if not problems:
        place = next(
            (place for place, (a, b) in enumerate(zip(features, NAMES, strict=False)) if a != b),
            len(NAMES),
        )
        problems.append(f"another order, or twice, from number {place + 1} on")
    raise ModelRefused("FEATURES_DIFFER", "features " + "; ".join(problems))


def digest(data: bytes) -> str:
    """SHA-256, as manifests carry it."""
    return hashlib.sha256(data).hexdigest()


def version_of(moment: datetime) -> str:
    """A version that sorts by time."""
    return moment.strftime("%Y%m%dT%H%M%S")
