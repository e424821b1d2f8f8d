"""Slack, Discord, Teams and PagerDuty messages of every golden event, as they are and with hostile names, against each channel's
documented limits, and against code of others where there is some."""
import json

import jsonschema
import pytest
from messages import HOSTILE, complaints, messages, of_kind

TURNING = set("\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def units(text: str) -> int:
    """The strictest way to count characters."""
    return len(text.encode("utf-16-le")) // 2


def bodies(kind: str) -> list[dict]:
    return [json.loads(message["body"]) for message in of_kind(kind)]


def strings(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from strings(each)
    elif isinstance(value, list):
        for each in value:
            yield from strings(each)


def text(most: int, least: int = 1) -> dict:
    return {"type": "string", "minLength": least, "maxLength": most}


def closed(required: dict, **optional) -> dict:
    return {"type": "object", "additionalProperties": False, "required": list(required), "properties": required | optional}


URL = {"type": "string", "pattern": "^https://godwit\\.example/", "maxLength": 2000}
PLAIN = closed({"type": {"const": "plain_text"}, "text": text(150), "emoji": {"const": False}})
LINK = closed({"type": {"const": "mrkdwn"}, "text": {"type": "string", "maxLength": 3000, "pattern": "^<https://[^<>|]+\\|Open the migration>$"}})
SLACK = closed(
    {"username": text(80), "text": text(40_000), "mrkdwn": {"const": False},
     "blocks": {"type": "array", "minItems": 1, "maxItems": 50, "items": {"oneOf": [
         closed({"type": {"const": "header"}, "text": PLAIN}), closed({"type": {"const": "section"}, "text": LINK})]}},
     "attachments": {"type": "array", "minItems": 1, "maxItems": 100, "items": closed(
         {"color": {"enum": ["good", "warning", "danger"]}, "title": text(256), "footer": text(300), "ts": {"type": "integer"},
          "mrkdwn_in": {"const": []},
          "fields": {"type": "array", "items": closed({"title": text(100), "value": text(2000), "short": {"type": "boolean"}})}},
         text=text(3000), title_link=URL)}},
    channel=text(80), icon_url=URL)
DISCORD = closed(
    {"username": text(80), "allowed_mentions": {"const": {"parse": []}},
     "embeds": {"type": "array", "minItems": 1, "maxItems": 10, "items": closed(
         {"title": text(256), "color": {"type": "integer", "minimum": 0, "maximum": 0xFFFFFF}, "timestamp": text(40),
          "footer": closed({"text": text(2048)}),
          "fields": {"type": "array", "maxItems": 25, "items": closed({"name": text(256), "value": text(1024), "inline": {"type": "boolean"}})}},
         description=text(4096), url=URL)}})
# https://developer.pagerduty.com/docs/send-alert-event
PAGERDUTY = {"oneOf": [
    closed({"routing_key": {"type": "string", "pattern": "^[0-9a-zA-Z]{32}$"}, "event_action": {"const": "resolve"}, "dedup_key": text(255)}),
    closed({"routing_key": {"type": "string", "pattern": "^[0-9a-zA-Z]{32}$"}, "event_action": {"const": "trigger"}, "dedup_key": text(255),
            "payload": closed({"summary": text(1024), "source": text(1024), "severity": {"enum": ["critical", "error", "warning", "info"]}},
                              timestamp=text(40), component=text(1024), group=text(1024), **{"class": text(1024)},
                              custom_details={"type": "object"})},
           client=text(100), client_url=URL, links={"type": "array", "items": closed({"href": URL, "text": text(100)})})]}


@pytest.mark.parametrize(("kind", "schema"), [("slack", SLACK), ("discord", DISCORD), ("pagerduty", PAGERDUTY)])
def test_every_message_has_the_channels_members_within_its_limits(kind, schema):
    validator = jsonschema.Draft202012Validator(schema)
    for body in bodies(kind):
        problem = jsonschema.exceptions.best_match(validator.iter_errors(body))
        assert problem is None, f"{problem.json_path}: {problem.message[:300]}"


def test_every_event_is_told_on_every_kind_that_tells_of_it():
    told = {kind: {message["event"] for message in of_kind(kind)} for kind in ("generic", "slack", "discord", "teams", "email")}
    assert len(told["generic"]) >= 57
    assert all(events == told["generic"] for events in told.values())
    paged = {message["event"] for message in of_kind("pagerduty")}
    assert "io.godwit.task.failed.v1" in paged
    assert "io.godwit.task.completed.v1" in paged
    assert "io.godwit.task.started.v1" not in paged
    assert {message["text"] for message in messages()} == {"", *HOSTILE}


def test_discord_counts_all_embeds_together():
    for body in bodies("discord"):
        total = 0
        for embed in body["embeds"]:
            total += units(embed["title"]) + units(embed.get("description", "")) + units(embed["footer"]["text"])
            for field in embed["fields"]:
                assert field["value"].strip()
                assert units(field["value"]) <= 1024
                total += units(field["name"]) + units(field["value"])
        assert total <= 6000


def test_slack_sees_no_markup_but_our_link():
    for body in bodies("slack"):
        shown = [body["text"], *(each for attachment in body["attachments"] for each in strings(attachment))]
        assert not [each for each in shown if "<" in each or ">" in each]
        assert sum(units(each) for each in strings(body["blocks"])) < 13_000


def test_teams_stays_below_what_a_workflow_takes():
    for message in of_kind("teams"):
        assert len(message["body"].encode()) <= 20 * 1024
        assert "{{" not in message["body"]


def test_pagerduty_takes_at_most_512_kb():
    assert max(len(message["body"].encode()) for message in of_kind("pagerduty")) <= 512_000


@pytest.mark.parametrize("kind", ["slack", "discord", "teams", "pagerduty"])
def test_nothing_shown_turns_text_round_or_breaks_a_terminal(kind):
    for body in bodies(kind):
        for each in strings(body):
            assert not TURNING & set(each)
            assert not [c for c in each if (c < " " and c not in "\n\t") or c == "\x7f"]
            each.encode("utf-8")  # no half of a surrogate pair


@pytest.mark.parametrize("kind", ["teams", "discord"])
def test_code_of_others_accepts_every_message(kind):
    assert complaints(of_kind(kind)) == []


def planted(kind: str, change) -> list[str]:
    message = dict(next(message for message in of_kind(kind) if message["event"] == "io.godwit.task.failed.v1"))
    del message["signature"]
    body = json.loads(message["body"])
    change(body)
    return complaints([message | {"body": json.dumps(body)}])


@pytest.mark.parametrize(("kind", "change"), [
    ("teams", lambda body: body["attachments"][0]["content"]["body"][0].update(type="RichTextBloc")),
    ("teams", lambda body: body["attachments"][0]["content"]["body"][0]["inlines"][0].update(size="Huge")),
    ("teams", lambda body: body["attachments"][0]["content"]["actions"][0].pop("url")),
    ("discord", lambda body: body["embeds"][0].update(title="x" * 257)),
    ("discord", lambda body: body["embeds"][0]["fields"][0].update(value="x" * 1025)),
    ("discord", lambda body: body["embeds"][0].update(url="javascript:x")),
])
def test_code_of_others_finds_a_planted_fault(kind, change):
    assert planted(kind, change)
