"""ajv, which many producers will use, gives the verdicts the examples claim. The codec's unit tests hold it to the same examples."""
import pytest

from catalogue import FAULT, ROOT, examples, label, read
from node_tools import ask


@pytest.fixture(scope="module")
def verdicts():
    return ask("verdicts.mjs", ROOT)


def found(verdicts, kind, path):
    """The set of (pointer, keyword) ajv refuses an example for."""
    return {(pointer, "missing" if is_null else FAULT[keyword])
            for pointer, keyword, is_null in verdicts[f"{kind}/{path.parent.name}/{path.name}"]}


def test_ajv_has_judged_every_example(verdicts):
    assert len(verdicts) == sum(len(examples(kind)) for kind in ("good", "bad", "bad-codec-only")) > 200


@pytest.mark.parametrize("path", examples("good"), ids=label)
def test_ajv_accepts_a_good_example(verdicts, path):
    assert found(verdicts, "good", path) == set()


@pytest.mark.parametrize("path", examples("bad"), ids=label)
def test_ajv_refuses_a_bad_example_for_its_one_fault_at_its_pointer(verdicts, path):
    example = read(path)
    reasons = found(verdicts, "bad", path)
    assert (example["pointer"], example["keyword"]) in reasons
    assert {pointer for pointer, _ in reasons} == {example["pointer"]}


@pytest.mark.parametrize("path", examples("bad-codec-only"), ids=label)
def test_ajv_cannot_see_what_only_the_codec_refuses(verdicts, path):
    assert found(verdicts, "bad-codec-only", path) == set()
