"""Which folder may include which, and who owns a third-party library."""
import re

from sources import Finding, Source

# From the bottom up: a folder includes only folders that rank lower. What it really includes must also be among
# the DEPENDS of its CMakeLists.txt.
RANKS = [
    {"common/base"},
    {"common/json"},
    {"common/event"},
    {"common/stream"},
    {"common/projection", "common/kafka", "common/http", "common/metrics"},
    {"common/sqlite"},
    {"common/cluster"},
    {"common/service"},
]
RANK = {folder: rank for rank, folders in enumerate(RANKS) for folder in folders}
TOP = len(RANKS)
# What other producers build on: the library, and the readers of what tools print.
PRODUCER_LIBRARIES = ("producers/cpp/", "producers/worker/parse/")

# Include prefix -> the folders that may include it.
OWNERS = {
    "rapidjson/": {"common/json"},
    "librdkafka/": {"common/kafka", "tests/bench"},  # measured bare beside ours
    "sqlite3": {"common/sqlite"},
    "civetweb": {"common/http"},
    "curl/": {"common/http"},
    "zlib.h": {"common/http", "tests/unit/exposition"},
    "spdlog/": {"common/base"},
    "CLI/": {"common/service"},
    "yaml-cpp/": {"common/service"},
    "kainjow/": {"consumers/webhooks"},
    # OpenSSL has no folder of ours around it; these are its users: checksums, proofs and signatures.
    "openssl/": {"producers/worker", "consumers/audit", "consumers/webhooks", "tests/bench"},
    "zstd.h": {"consumers/audit"},  # the archive of pruned segments
    "godwit/": {"tests/package"},  # our own, installed
    "doctest/": {"tests"},
    "benchmark/": {"tests/bench"},
    "fmt/": {""},  # anybody
}
SYSTEM = re.compile(r"^(?:sys|netinet|arpa|linux|net)/\w+\.h$"
                    r"|^(?:unistd|fcntl|strings|pwd|grp|pthread|poll|netdb|signal|spawn|dirent|termios|dlfcn|sched|ifaddrs|stdlib)\.h$")

PROJECTION_MAY = ("common/event/", "common/projection/projection.h", "common/projection/task_life.h")
# Its .cpp, and headers of its own folder, may also use the plain values below events: no ids, no log.
BODY_MAY = PROJECTION_MAY + ("common/base/check.h", "common/base/clock.h", "common/base/result.h", "common/base/strong.h", "fmt/")


def _rank(folder: str) -> int:
    return RANK.get(folder, TOP)


def _direction(source: Source, line: int, target: str) -> Finding | None:
    mine, its = source.folder, "/".join(target.split("/")[:2])
    if mine == its:
        return None
    if its.startswith("tests/"):
        return source.at(line, f"includes {target}, and tests are used by tests alone; move it to common/")
    if its.startswith("common/"):
        if its not in RANK:
            return source.at(line, f"includes {target}, and {its} has no rank; give it one in tests/tidy/layers.py")
        if _rank(its) >= _rank(mine):
            return source.at(line, f"{mine} includes {target}, but {its} does not lie below it; turn it round or move the code down")
        return None
    if mine.startswith("producers/") and target.startswith(PRODUCER_LIBRARIES):
        return None
    return source.at(line, f"{mine} includes {target} of {its}; share it through common/")


def directions(sources: list[Source]) -> list[Finding]:
    found = []
    for source in sources:
        if not source.is_cpp or source.path.startswith("tests/"):
            continue
        for line, name, angled in source.includes:
            if angled:
                continue
            if not name.startswith(("common/", "consumers/", "producers/", "tests/")):
                found.append(source.at(line, f'includes "{name}"; write the path from the root of the repository'))
            elif finding := _direction(source, line, name):
                found.append(finding)
    return found


def third_party(sources: list[Source]) -> list[Finding]:
    found = []
    for source in sources:
        if not source.is_cpp:
            continue
        for line, name, angled in source.includes:
            if not angled or re.fullmatch(r"[a-z_0-9]+", name) or SYSTEM.match(name):
                continue  # the standard library or the operating system
            owners = next((owners for prefix, owners in OWNERS.items() if name.startswith(prefix)), None)
            if owners is None:
                found.append(source.at(line, f"<{name}> has no owner; name the one folder that may include it in "
                                             "tests/tidy/layers.py"))
            elif not any(owner == "" or source.path.startswith(owner + "/") for owner in owners):
                found.append(source.at(line, f"<{name}> belongs to {' and '.join(sorted(owners))}; use what that offers"))
    return found


def projections(sources: list[Source]) -> list[Finding]:
    """A consumer's projection.h knows only events; projection.cpp and its own headers no more than values."""
    by_path = {source.path: source for source in sources}
    found = []
    for start in sources:
        if not re.fullmatch(r"consumers/[^/]+/projection\.(h|cpp)", start.path):
            continue
        todo, done = [start.path], set()
        while todo:
            path = todo.pop()
            if path in done or path not in by_path:
                continue
            done.add(path)
            may = PROJECTION_MAY if path.endswith("/projection.h") else BODY_MAY
            for line, name, angled in by_path[path].includes:
                pure = name.startswith(may) or (angled and re.fullmatch(r"[a-z_0-9]+", name))
                if not angled and name.startswith(start.folder + "/"):
                    todo.append(name)
                elif not pure:
                    found.append(by_path[path].at(line, f"a projection includes {name}; it may know only events, "
                                                        "common/projection/{projection,task_life}.h and the standard library"))
    return sorted(set(found), key=str)


def _libraries(sources: list[Source]) -> dict[str, tuple[str, set[str]]]:
    """Target -> (folder, targets of ours it names)."""
    targets = {}
    for source in sources:
        if not source.path.endswith("/CMakeLists.txt") or source.path.startswith("tests/"):
            continue
        for kind, name, body in re.findall(r"godwit_(library|program)\(\s*(\S+)([^)]*)\)", source.text):
            names = set(re.findall(r"godwit::(\w+)", body))
            targets[name if kind == "library" else f"program {name}"] = (source.folder, names)
    return targets


def links(sources: list[Source]) -> list[Finding]:
    """What a folder includes, its CMakeLists.txt names, itself or through what it names."""
    targets = _libraries(sources)
    reach: dict[str, set[str]] = {}
    for folder, names in targets.values():
        todo = list(names)
        folders = reach.setdefault(folder, {folder})
        seen = set()
        while todo:
            name = todo.pop()
            if name in seen or name not in targets:
                continue
            seen.add(name)
            folders.add(targets[name][0])
            todo.extend(targets[name][1])
    found = []
    for source in sources:
        if not source.is_cpp or source.folder not in reach:
            continue
        for line, name, angled in source.includes:
            its = "/".join(name.split("/")[:2])
            if not angled and its in reach and its not in reach[source.folder]:
                found.append(source.at(line, f"includes {name}, but {source.folder}/CMakeLists.txt does not DEPEND on {its}; add it"))
    return found


RULES = [directions, third_party, projections, links]
