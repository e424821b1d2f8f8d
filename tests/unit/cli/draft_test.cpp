#include "producers/cli/draft.h"

#include <doctest/doctest.h>

namespace {

using namespace godwit;

const cli::DraftDefaults defaults{"/cli/here", from_unix_ms(1'000)};

TEST_CASE("a draft gets what it leaves out, and keeps what it says") {
  const auto bare = cli::draft_to_send(
      R"({"type":"task.queued","subject":"t","data":{"vm_name":"v","provider":"disk"}})", defaults);
  REQUIRE(bare);
  CHECK(bare->type == event::Type::task_queued);
  CHECK(bare->source == "/cli/here");
  CHECK(bare->time == from_unix_ms(1'000));
  CHECK(bare->data.attempt == 1);
  CHECK(bare->id.size() == 36);
  const auto own = cli::draft_to_send(
      R"({"type":"io.godwit.task.queued.v1","id":"mine","source":"/mine","time":"2026-01-01T00:00:00Z","subject":"t",
          "data":{"vm_name":"v","provider":"disk","attempt":3}})",
      defaults);
  REQUIRE(own);
  CHECK(own->id == "mine");
  CHECK(own->source == "/mine");
  CHECK(own->data.attempt == 3);
}

TEST_CASE("a draft of no known type, or none at all, is refused by its place") {
  const auto refused = [](std::string_view line) {
    const auto event = cli::draft_to_send(line, defaults);
    return event ? std::string{"taken"} : event.error().pointer;
  };
  CHECK(refused(R"({"type":"task.exploded","subject":"t","data":{}})") == "/type");
  CHECK(refused(R"({"type":"task.queued","subject":"t","data":{"provider":"disk"}})") == "/data/vm_name");
  CHECK(refused("[]").empty());
  CHECK(refused("{").empty());
}

}  // namespace
