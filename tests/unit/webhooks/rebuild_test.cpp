// A rebuild beside a dispatcher at work: nothing is sent again that was sent, or is being sent.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <map>

#include "tests/unit/webhooks/stage.h"

using namespace godwit;
using namespace godwit::webhooks;
using namespace godwit::webhooks::test;
using event::Type;

namespace {

constexpr int deliveries = 6;

// How often each delivery arrived there.
std::map<std::string, int> arrivals(const Receiver& receiver, const std::string& path) {
  std::map<std::string, int> out;
  for (const Received& each : receiver.received(path)) ++out[each.id];
  return out;
}

bool each_once(const std::map<std::string, int>& arrived) {
  return std::all_of(arrived.begin(), arrived.end(), [](const auto& entry) { return entry.second == 1; });
}

}  // namespace

TEST_CASE("a rebuild with deliveries done, in flight and owed sends none of them twice") {
  Receiver receiver;
  receiver.script("/slow", std::vector<Receiver::Reply>(4, Receiver::Reply{.hang = true}));
  Endpoint slow = make_endpoint("slow", receiver.url("/slow"));
  slow.timeout = Millis{60'000};
  Stage stage{{make_endpoint("quick", receiver.url("/quick")), slow}};
  for (int i = 0; i < deliveries; ++i)
    stage.emit(make_event(Type::task_started, fmt::format("e{}", i), fmt::format("mig-{}", i)));
  // All of quick's are done; four of slow's are in flight, two are owed.
  REQUIRE(
      stage.settle([&] { return receiver.count("/quick") == deliveries && receiver.count("/slow") == 4; }));
  REQUIRE(stage.settle([&] { return stage.told().size() == deliveries; }));
  for (int times = 0; times < 3; ++times) {
    stage.rebuild();
    REQUIRE(stage.settle([&] { return stage.is_rebuilt(); }));
  }
  receiver.release();
  REQUIRE(stage.settle([&] { return stage.told().size() == std::size_t{2} * deliveries; }));
  CHECK(arrivals(receiver, "/quick").size() == deliveries);
  CHECK(arrivals(receiver, "/slow").size() == deliveries);
  CHECK(each_once(arrivals(receiver, "/quick")));
  CHECK(each_once(arrivals(receiver, "/slow")));
  CHECK(stage.settle([&] { return stage.status("slow") == "succeeded"; }));
}

TEST_CASE("a success that the log has not taken yet is not forgotten by a rebuild") {
  Receiver receiver;
  Stage stage{{make_endpoint("ops", receiver.url("/ops"))}};
  stage.outgoing.break_off();
  stage.emit(make_event(Type::task_started, "e1"));
  REQUIRE(stage.settle([&] { return stage.status("ops") == "succeeded"; }));
  stage.rebuild();
  REQUIRE(stage.settle([&] { return stage.is_rebuilt(); }));
  CHECK(stage.status("ops") == "succeeded");
  stage.restart();  // also in a new process
  stage.outgoing.mend();
  REQUIRE(stage.settle([&] {
    stage.advance(Millis{1000});
    return stage.told().size() == 1;
  }));
  CHECK(receiver.count("/ops") == 1);
}
