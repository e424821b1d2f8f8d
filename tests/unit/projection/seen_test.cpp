#include <doctest/doctest.h>
#include <fmt/format.h>

#include "common/projection/projection.h"

namespace godwit::projection {
namespace {

event::Event event_of(int id) {
  event::Event out;
  out.source = "/workers/1";
  out.id = fmt::format("e{}", id);
  return out;
}

// Not inlined: g++ 12 would warn of an access that the bound forbids.
[[gnu::noinline]] bool insert(Seen& seen, int id) { return seen.insert(event_of(id)); }

TEST_CASE("an event is new once") {
  Seen seen;
  CHECK(insert(seen, 1));
  CHECK(insert(seen, 2));
  CHECK_FALSE(insert(seen, 1));
}

TEST_CASE("what was seen survives being stored") {
  Seen seen;
  insert(seen, 1);
  Seen restored{seen.hashes()};
  CHECK(restored == seen);
  CHECK_FALSE(insert(restored, 1));
}

TEST_CASE("the newest events are remembered and their number is bounded") {
  Seen seen;
  const int max = static_cast<int>(Seen::seen_max);
  for (int i = 0; i <= max; ++i) insert(seen, i);
  CHECK(seen.hashes().size() == Seen::seen_max);
  CHECK_FALSE(insert(seen, max));
  CHECK(insert(seen, 0));  // the oldest one was forgotten
}

}  // namespace
}  // namespace godwit::projection
