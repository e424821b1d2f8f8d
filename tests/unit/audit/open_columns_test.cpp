// Questions to a segment that still grows, by what it has no index for.
#include <doctest/doctest.h>

#include <functional>
#include <unordered_map>

#include "tests/unit/audit/rig.h"

using namespace godwit;
using namespace godwit::audit;
using namespace godwit::audit::test;
using event::Type;

namespace {

// Two names that are one to whoever keeps 32 bits of their hash.
std::pair<std::string, std::string> alike() {
  std::unordered_map<std::uint32_t, std::string> seen;
  for (int i = 0;; ++i) {
    std::string name = fmt::format("user-{}", i);
    const auto hash = static_cast<std::uint32_t>(std::hash<std::string_view>{}(name));
    if (const auto [other, is_new] = seen.emplace(hash, name); !is_new) return {other->second, name};
  }
}

void append_by(Rig& rig, const std::string& user, const std::string& id, std::int64_t at_ms) {
  auto event = task_event(Type::task_started, id, at_ms, "task-" + id);
  event.data.user = user;
  rig.append(event);
}

}  // namespace

TEST_CASE("names of the same hash are told apart, and pages are full nevertheless") {
  const auto [one, other] = alike();
  Rig rig{1};
  for (int i = 0; i < 60; ++i) append_by(rig, i % 3 == 0 ? one : other, fmt::format("e{:02}", i), i);
  rig.fold();
  const auto first = rig.get("/api/v1/audit?limit=7&user=" + one);
  CHECK(first.ids() == std::vector<std::string>{"e57", "e54", "e51", "e48", "e45", "e42", "e39"});
  REQUIRE(first.next_cursor());
  const auto rest = rig.get("/api/v1/audit?limit=20&user=" + one + "&cursor=" + *first.next_cursor());
  CHECK(rest.ids().size() == 13);
  CHECK(!rest.next_cursor());
}

TEST_CASE("rows that come between two questions are found by the second") {
  Rig rig{1};
  append_by(rig, "anna", "e1", 5);
  rig.fold();
  CHECK(rig.get("/api/v1/audit?user=anna").ids() == std::vector<std::string>{"e1"});
  append_by(rig, "anna", "e2", 3);  // older by its own time
  append_by(rig, "anna", "e3", 9);
  rig.fold();
  CHECK(rig.get("/api/v1/audit?user=anna").ids() == std::vector<std::string>{"e3", "e1", "e2"});
  CHECK(rig.get("/api/v1/audit?user=anna&order=oldest&limit=2").ids() ==
        std::vector<std::string>{"e2", "e1"});
}

TEST_CASE("a file that takes the place of another is not answered from memory") {
  Rig rig{1};
  append_by(rig, "anna", "e1", 1);
  rig.fold();
  CHECK(rig.get("/api/v1/audit?user=anna").ids().size() == 1);
  {
    auto db = rig.open_by_hand();
    db.exec("DROP TRIGGER record_no_update_0");
    db.exec("UPDATE record SET user = 'emil', leaf = zeroblob(32)");
  }
  CHECK(rig.get("/api/v1/audit?user=anna").ids().empty());
}
