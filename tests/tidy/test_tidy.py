"""Each rule of tests/tidy catches its breach, names the line, and leaves good code alone."""
import pathlib
import subprocess

import pytest

import shape
import tidy
from sources import Source

HEADER = "// What it is.\n#pragma once\n"
GOOD = {
    "common/base/README.md": "base", "common/base/clock.h": HEADER, "common/base/clock.cpp": "auto t = system_clock::now();\n",
    "common/base/CMakeLists.txt": "godwit_library(base SOURCES clock.cpp)\n",
    "common/json/README.md": "json", "common/json/rapidjson.h": HEADER + "#include <rapidjson/document.h>\n",
    "common/json/CMakeLists.txt": "godwit_library(json DEPENDS godwit::base)\n",
    "common/event/README.md": "event", "common/event/event.h": HEADER + '#include "common/base/clock.h"\n',
    "common/event/CMakeLists.txt": "godwit_library(event DEPENDS godwit::base)\n",
    "consumers/one/README.md": "one", "consumers/one/projection.h": HEADER + '#include <map>\n#include "common/event/event.h"\n',
    "consumers/one/CMakeLists.txt": "godwit_library(one DEPENDS godwit::event)\n",
    "consumers/two/README.md": "two", "consumers/two/view.h": HEADER,
    "consumers/two/CMakeLists.txt": "godwit_library(two DEPENDS godwit::json)\n",
    "tests/README.md": "tests",
}


@pytest.fixture
def findings(tmp_path: pathlib.Path):
    def run(**changed: str) -> list[str]:
        for path, text in (GOOD | {key: value for key, value in changed.pop("files", {}).items()}).items():
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(text)
        subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
        return [str(finding) for finding in tidy.check(tmp_path)]
    return run


def test_a_good_tree_has_no_findings(findings):
    assert findings() == []


BREACHES = [
    # what the test shows, the file, its text, the line, a part of the message
    ("a lower folder includes a higher one", "common/base/clock.h", HEADER + '#include "common/event/event.h"\n', 3, "does not lie below"),
    ("a consumer includes another", "consumers/one/view.cpp", '#include "consumers/two/view.h"\n', 1, "share it through common/"),
    ("a program includes a test", "consumers/one/view.cpp", '#include "tests/unit/fake.h"\n', 1, "tests are used by tests"),
    ("an include is relative", "consumers/one/view.cpp", '#include "view.h"\n', 1, "from the root"),
    ("a folder includes what its CMakeLists.txt does not name", "consumers/one/view.cpp", '#include "common/json/rapidjson.h"\n', 1, "DEPEND"),
    ("a projection includes more than events", "consumers/one/projection.h", HEADER + '#include "common/base/clock.h"\n', 3, "a projection includes"),
    ("a projection's body reaches a library", "consumers/one/projection.cpp", '#include "common/json/rapidjson.h"\n', 1, "a projection includes"),
    ("two folders include one library", "common/event/codec.cpp", "#include <rapidjson/reader.h>\n", 1, "belongs to common/json"),
    ("a library has no owner", "common/event/codec.cpp", "#include <boost/any.hpp>\n", 1, "has no owner"),
    ("a program asks for the time itself", "consumers/one/view.cpp", "\nauto t = std::chrono::system_clock::now();\n", 2, "take a Clock"),
    ("a program sleeps", "consumers/one/view.cpp", "void f() { std::this_thread::sleep_for(1s); }\n", 1, "sleeps"),
    ("a program sleeps in C", "consumers/one/view.cpp", "void f() { sleep(1); }\n", 1, "sleeps"),
    ("a program writes to cout", "consumers/one/view.cpp", 'void f() { std::cout << "x"; }\n', 1, "std::cout"),
    ("a program uses std::regex", "consumers/one/view.cpp", "std::regex r;\n", 1, "std::regex"),
    ("a program uses printf", "consumers/one/view.cpp", 'void f() { std::fprintf(stderr, "x"); }\n', 1, "printf"),
    ("new without an owner", "consumers/one/view.cpp", "int* f() { return new int{1}; }\n", 1, "naked new"),
    ("new excused without a reason", "consumers/one/view.cpp", "int* f() { return new int{1}; }  // NOLINT(x)\n", 1, "naked new"),
    ("delete", "consumers/one/view.cpp", "void f(int* p) { delete p; }\n", 1, "naked delete"),
    ("a NOLINT for everything, without a reason", "consumers/one/view.cpp", "int x;  // NOLINT\n", 1, "NOLINT that"),
    ("a file is too long", "consumers/one/view.cpp", "// x\n" * 401, 401, "401 lines"),
    ("a function is too long", "consumers/one/view.cpp", "\nvoid f() {\n" + "  g();\n" * 69 + "}\n", 2, "71 lines"),
    ("a header says nothing of itself", "consumers/one/view.h", "#pragma once\n", 1, "say what it is"),
    ("a header may be read twice", "consumers/one/view.h", "// What it is.\n", 1, "#pragma once"),
    ("a type has an empty name", "consumers/one/view.cpp", "class TaskManager {};\n", 1, "TaskManager says nothing"),
    ("a file has an empty name", "consumers/one/string_utils.h", HEADER, 1, "string_utils.h says nothing"),
    ("a folder lacks its README", "common/stream/CMakeLists.txt", "", 1, "is missing"),
    ("a text names a place of one machine", "common/base/README.md", "see /home/me/notes\n", 1, "one machine"),
]


@pytest.mark.parametrize("path, text, line, part", [breach[1:] for breach in BREACHES], ids=[breach[0] for breach in BREACHES])
def test_a_breach_is_named_with_its_line(findings, path, text, line, part):
    found = findings(files={path: text})
    assert any(part in finding for finding in found), found
    where = "common/stream/README.md:1: " if "README" in part or "missing" in part else f"{path}:{line}: "
    assert all(finding.startswith(where) for finding in found), found


def test_an_event_type_needs_schema_examples_and_a_scenario(findings):
    catalogue = '    {task_queued, "task.queued", lifecycle, task_id, ""},\n'
    found = findings(files={"common/event/catalogue.cpp": catalogue})
    assert [part for part in ("no schema", "no good example", "no bad example", "no scenario")
            if sum(part in finding for finding in found) != 1] == []
    complete = {"schemas/types/task.queued.v1.json": "{}", "schemas/examples/good/task.queued/a.json": "{}",
                "schemas/examples/bad/task.queued/a.json": "{}", "schemas/README.md": "", "tests/scenarios/README.md": "",
                "tests/scenarios/queue.scenario": "00:01 task.queued task-1\n"}
    assert findings(files={"common/event/catalogue.cpp": catalogue} | complete) == []


def test_comments_and_strings_are_no_code(findings):
    text = '// std::cout\n/* new Task */ auto s = R"(sleep(1) " delete)";\nconst char* t = "a \\" printf(";\nauto n = 1\'000;\n'
    assert findings(files={"consumers/one/view.cpp": text}) == []


def test_new_and_delete_with_an_excuse_or_of_another_kind_pass(findings):
    text = ("S(const S&) = delete;\nauto p = new S;  // NOLINT: private constructor\n"
            "// NOLINTNEXTLINE(x): private constructor\nauto q = new S;\nvoid f(S& newer) { newer.sleep(1); }\n")
    assert findings(files={"consumers/one/view.cpp": text}) == []


def lengths_of(text: str) -> list[tuple[int, int]]:
    return shape.functions(Source("x.cpp", text))


def test_functions_are_found_where_clang_format_puts_them():
    assert lengths_of("namespace a {\nint f(int x) {\n  if (x) {\n  }\n  return 1;\n}\n}\n") == [(2, 5)]
    assert lengths_of("S::S(int a)\n    : a_{a}, b_{1} {\n  g();\n}\nint x;\n") == [(1, 4)]
    assert lengths_of("struct S {\n  int f(P p = {}) const {\n    auto g = [] {\n      return 1;\n    };\n  }\n};\n") == [(2, 5)]
    assert lengths_of("template <class T = void>\nauto operator==(T a) -> bool {\n  return {};\n}\n") == [(1, 4)]
    assert lengths_of('TEST_CASE("a { b") {\n  f();\n}\n') == [(1, 3)]
    assert lengths_of("constexpr auto table = std::to_array<T>({\n  {a},\n});\nenum class E { a, b };\n") == []
