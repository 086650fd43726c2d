"""Dead letters put back to work: each on its own, and none of them lost."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from infra.redrive import Redriven, main, redrive


class Queues:
    """SQS in memory; a message received stays hidden, unless `shows_again`."""

    def __init__(self, bodies: list[str], *, shows_again: bool = False) -> None:
        self.dead = [{"MessageId": f"id-{one}", "Body": one} for one in bodies]
        self.shows_again = shows_again
        self.hidden: set[str] = set()
        self.sent: list[dict[str, Any]] = []

    def receive_message(self, **_call: Any) -> dict[str, Any]:
        seen = [one for one in self.dead if one["MessageId"] not in self.hidden][:10]
        if not self.shows_again:
            self.hidden |= {one["MessageId"] for one in seen}
        return {"Messages": [{**one, "ReceiptHandle": one["MessageId"]} for one in seen]}

    def send_message(self, **call: Any) -> None:
        if call["MessageBody"].startswith("too large"):
            refusal = {"Code": "InvalidParameterValue", "Message": "too long"}
            raise ClientError({"Error": refusal}, "SendMessage")  # type: ignore[typeddict-item]
        self.sent.append(call)

    def delete_message(self, *, ReceiptHandle: str, **_call: Any) -> None:  # noqa: N803
        self.dead = [one for one in self.dead if one["MessageId"] != ReceiptHandle]


def _redrive(sqs: Queues) -> Redriven:
    return redrive(sqs, "https://dead", "https://work")


def test_every_message_goes_along_with_its_first_id() -> None:
    sqs = Queues([str(number) for number in range(25)])

    assert _redrive(sqs).moved == 25

    assert sqs.dead == []
    assert {one["MessageAttributes"]["first_message_id"]["StringValue"] for one in sqs.sent} == {
        f"id-{number}" for number in range(25)
    }


@pytest.mark.parametrize("shows_again", [False, True], ids=["hidden", "visible_again_meanwhile"])
def test_a_message_that_cannot_be_put_back_stays_and_stops_no_other(shows_again: bool) -> None:
    sqs = Queues(["a", "too large", "b"], shows_again=shows_again)

    done = _redrive(sqs)

    assert (done.moved, list(done.refused)) == (2, ["id-too large"])
    assert "InvalidParameterValue" in done.refused["id-too large"]
    assert [one["MessageBody"] for one in sqs.sent] == ["a", "b"]
    assert [one["Body"] for one in sqs.dead] == ["too large"]


def test_without_a_region_it_says_which_variable_names_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE", "AWS_DEFAULT_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")

    assert main(["--stage", "prod"]) == 1

    assert capsys.readouterr().err == (
        "AmsdalMail-prod: no region is set: say which one, AWS_REGION=eu-west-1 for example\n"
    )
