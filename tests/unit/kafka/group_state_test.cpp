#include "common/kafka/group_state.h"

#include <doctest/doctest.h>

namespace godwit::kafka {
namespace {

std::string told(const std::optional<Error>& error) { return error ? error->message : ""; }

TEST_CASE("a passing error is told once, a lasting one until it is over") {
  GroupState state;
  CHECK(!state.trouble());
  state.set_down("connection refused");
  state.set_passing(transient_error("a hiccup"));
  CHECK(told(state.trouble()) == "a hiccup");
  CHECK(told(state.trouble()) == "Kafka cannot be reached: connection refused");
  CHECK(told(state.trouble()) == "Kafka cannot be reached: connection refused");
  state.set_down(std::nullopt);
  CHECK(!state.trouble());
}

TEST_CASE("a missing topic is named with the way out until it exists") {
  GroupState state;
  state.add_missing("migrations.lifecycle");
  CHECK(state.any_missing());
  CHECK(told(state.trouble()) == "topic migrations.lifecycle does not exist; run `godwit topics create`");
  state.forget_missing([](const std::string& topic) { return topic == "another"; });
  CHECK(state.any_missing());
  state.forget_missing([](const std::string& topic) { return topic == "migrations.lifecycle"; });
  CHECK(!state.trouble());
}

TEST_CASE("partition counts that cannot be folded together are fatal") {
  GroupState state;
  state.set_unequal("a has 2, b has 3");
  REQUIRE(state.fatal());
  CHECK(state.fatal()->kind == ErrorKind::fatal);
  state.set_unequal(std::nullopt);
  CHECK(!state.fatal());
}

TEST_CASE("a wish to join anew is taken once, however often it was said") {
  GroupState state;
  CHECK(!state.take_join_anew());
  state.ask_to_join_anew();
  state.ask_to_join_anew();
  CHECK(state.take_join_anew());
  CHECK(!state.take_join_anew());
}

}  // namespace
}  // namespace godwit::kafka
