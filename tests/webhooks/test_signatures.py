"""Signatures by the published verifier library of Standard Webhooks (npm) and, for Ed25519, by node's own."""
import pytest
from messages import complaints, of_kind


def signed(kind: str) -> list[dict]:
    return [message | {"kind": "signature"} for message in of_kind(kind)]


@pytest.mark.parametrize("kind", ["generic", "slack", "pagerduty"])
def test_a_verifier_library_accepts_every_signature(kind):
    assert complaints(signed(kind)) == []


@pytest.mark.parametrize(("change", "said"), [
    (lambda line: {"body": line["body"] + " "}, "No matching signature"),
    (lambda line: {"id": line["id"] + "x"}, "No matching signature"),
    (lambda line: {"timestamp": str(int(line["timestamp"]) + 1)}, "No matching signature"),
    (lambda line: {"timestamp": str(int(line["timestamp"]) - 3600)}, "too old"),
    (lambda line: {"timestamp": str(int(line["timestamp"]) + 3600)}, "too new"),
    (lambda line: {"secrets": ["whsec_b6Ovv5eS7H5seJrGSStBYDivs8v2/KrFjfMaVZYsi7w="]}, "No matching signature"),
    (lambda line: {"secrets": [], "body": line["body"] + " "}, "no v1a signature"),
    (lambda line: {"secrets": [], "public": "whpk_kp3dScDPIzT1CwUFUMdzyPbWOAQaCF9z4ucuKuZD7Io="}, "no v1a signature"),
])
def test_a_verifier_library_refuses_what_was_tampered_with(change, said):
    line = signed("generic")[0]
    assert said in complaints([line | change(line)])[0]
