import pytest

from masking import mask


@pytest.mark.parametrize(
    "time",
    [
        "2026-11-22T10:15:30.123Z",
        "2026-11-22T10:15:30Z",
        "2026-11-22T10:15:30+01:00",
        "2026-11-22 10:15 UTC",
        "2026-11-22, 10:15",
        "2026-11-22",
        "10:15",
        "10:15:30",
        "10:15 UTC",
        "2026-11-22T10%3A15%3A30.000Z",
        "2026-11-22T10*3a15*3a30.000Z",
        "1795342530",
        "1795342530123",
    ],
)
def test_a_time_is_masked_however_it_is_written(time: str) -> None:
    assert mask(f"since {time}, still") == "since <time>, still"


def test_times_are_masked_inside_links_and_slack_dates() -> None:
    assert mask("start~'2026-11-22T10*3a15*3a00.000Z~end~'2026-11-22T10*3a20*3a00.000Z") == (
        "start~'<time>~end~'<time>"
    )
    assert mask("<!date^1795342530^{time}|10:15 UTC>") == "<!date^<time>^{time}|<time>>"


@pytest.mark.parametrize(
    "text",
    [
        "30 errors of 70 requests",
        "29001 ms",
        "504",
        "GET /orders/{id}",
        "shop0123ab / prod",
        "127.0.0.1:46013",
        "1234567890",  # ten digits, but in 2009
        "order-1795342530-x",
        "v1.1795342530",
        "2026-11",
    ],
)
def test_what_only_looks_like_a_time_stays(text: str) -> None:
    assert mask(text) == text


def test_an_incident_id_is_masked() -> None:
    assert mask("incident 0a1b2c3d4e5f.") == "incident <incident>."


@pytest.mark.parametrize(
    "text",
    [
        "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",  # the tail of a request id
        "*22a1b2c3d4e5*22",  # a quoted API id in a link
        "0a1b2c3d4e5",
        "0a1b2c3d4e5f6",
        "0A1B2C3D4E5F",
    ],
)
def test_what_only_looks_like_an_incident_id_stays(text: str) -> None:
    assert mask(text) == text


def test_all_of_a_json_value_is_masked_and_its_shape_kept() -> None:
    value = {"blocks": [{"text": "at 10:15", "n": 3, "ok": True, "none": None}], "0a1b2c3d4e5f": []}
    assert mask(value) == {
        "blocks": [{"text": "at <time>", "n": 3, "ok": True, "none": None}],
        "<incident>": [],
    }


def test_masking_twice_changes_nothing() -> None:
    once = mask("2026-11-22T10:15:30.123Z 0a1b2c3d4e5f 1795342530")
    assert mask(once) == once
