"""What commands say when something is wrong: what, and what to do next."""

from pathlib import Path

import grpc
import pytest
from switchyard_common.commands import ask, trouble_of
from typer import Exit

pytestmark = pytest.mark.unit


def error(code: grpc.StatusCode, details: str, *trailing: tuple[str, str]) -> grpc.aio.AioRpcError:
    return grpc.aio.AioRpcError(
        code, grpc.aio.Metadata(), grpc.aio.Metadata(*trailing), details=details
    )


@pytest.mark.parametrize(
    ("code", "says"),
    [
        (grpc.StatusCode.UNAVAILABLE, "the router cannot be reached: start it (make run)"),
        (grpc.StatusCode.NOT_FOUND, "the router refused: NOT_FOUND: connection refused"),
    ],
)
def test_a_service_that_is_not_there_has_refused_nothing(
    code: grpc.StatusCode, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    async def work() -> None:
        raise error(code, "connection refused")

    with pytest.raises(Exit) as ended:
        ask("the router", work(), 3)
    assert ended.value.exit_code == 3
    assert capsys.readouterr().err.startswith(says)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as missing:
        (tmp_path / "plan.yaml").read_text()
    said = trouble_of(missing.value)
    assert said.startswith(f"{tmp_path / 'plan.yaml'}: No such file or directory;")
    assert "Errno" not in said


def test_other_trouble_is_told_as_it_is() -> None:
    assert trouble_of(ValueError("day 7 is not in the log")) == "day 7 is not in the log"
