// What is owed, held against random histories of a task: the log's order among topics, its repetitions and
// its late events may change no delivery.
#include <doctest/doctest.h>

#include <set>

#include "common/json/fields.h"
#include "consumers/webhooks/projection.h"
#include "tests/unit/projection_life/history.h"
#include "tests/unit/webhooks/events.h"

namespace godwit::webhooks {
namespace {

using event::Event;
using event::Type;
using godwit::test::Events;
using godwit::test::History;
using godwit::test::Teller;
using test::make_endpoint;

constexpr std::uint64_t histories = 500;
constexpr int orders = 6;

// One endpoint of each kind, all asking for everything.
std::shared_ptr<const EndpointBook> everybody() {
  return std::make_shared<const EndpointBook>(
      Endpoints{make_endpoint("generic"), make_endpoint("slack", "https://hooks.example/s", Kind::slack),
                make_endpoint("discord", "https://hooks.example/d", Kind::discord)});
}

struct Owed {
  Webhooks webhooks{everybody()};
  projection::TaskLife life{};
  std::vector<Delivery> deliveries{};

  // How many deliveries the event made.
  std::size_t take(const Event& event) {
    if (webhooks.key(event).empty()) return 0;
    Webhooks::Outputs out;
    webhooks.step(life, event, out);
    deliveries.insert(deliveries.end(), out.deliveries.begin(), out.deliveries.end());
    return out.deliveries.size();
  }
};

std::vector<Delivery> owed(const Events& events) {
  Owed out;
  for (const Event& event : events) out.take(event);
  return out.deliveries;
}

void check_same(const Events& one, const Events& other) {
  if (owed(one) == owed(other)) return;
  FAIL_CHECK("one order:\n", godwit::test::to_text(one), "\nanother:\n", godwit::test::to_text(other));
}

TEST_CASE("every order in which topics may be read owes the same deliveries in the same order") {
  for (std::uint64_t seed = 1; seed <= histories; ++seed) {
    CAPTURE(seed);
    Teller teller{seed};
    const History history = teller.tell();
    const Events first = teller.interleave(history);
    for (int order = 0; order < orders; ++order) check_same(first, teller.interleave(history));
  }
}

TEST_CASE("events told twice, also the whole spool hours later, owe nothing more") {
  for (std::uint64_t seed = 1; seed <= histories; ++seed) {
    CAPTURE(seed);
    Teller teller{seed};
    const History history = teller.tell();
    check_same(teller.interleave(history), teller.interleave(without_duplicates(history)));
  }
}

TEST_CASE("an attempt that a later one has followed owes nothing any more") {
  for (std::uint64_t seed = 1; seed <= histories; ++seed) {
    CAPTURE(seed);
    Teller teller{seed};
    Owed all;
    std::int64_t newest = 0;
    for (const Event& event : teller.interleave(teller.tell())) {
      const std::size_t made = all.take(event);
      if (!projection::is_task_event(event.type) || projection::is_tick(event.type)) continue;
      newest = std::max(newest, *event.data.attempt);
      CAPTURE(event.id);
      if (*event.data.attempt < newest) REQUIRE(made == 0);
    }
  }
}

TEST_CASE("an attempt is told to have started once and to have ended once") {
  for (std::uint64_t seed = 1; seed <= histories; ++seed) {
    CAPTURE(seed);
    Teller teller{seed};
    Owed all;
    std::set<std::int64_t> started, ended;
    for (const Event& event : teller.interleave(teller.tell())) {
      const std::size_t made = all.take(event);
      if (made == 0 || event.type == Type::warning_raised) continue;
      CAPTURE(event.id);
      REQUIRE(made == all.webhooks.endpoints->now()->size());
      const bool first =
          (event.type == Type::task_started ? started : ended).insert(*event.data.attempt).second;
      REQUIRE(first);
    }
  }
}

TEST_CASE("each delivery has an id of its own and a body that is JSON, however long its text") {
  for (std::uint64_t seed = 1; seed <= histories; ++seed) {
    CAPTURE(seed);
    Teller teller{seed};
    std::set<std::string> ids;
    for (const Delivery& delivery : owed(teller.interleave(teller.tell()))) {
      const bool fresh = ids.insert(delivery.id).second;
      REQUIRE(fresh);
      rapidjson::Document body;
      body.Parse<json::parse_flags>(delivery.body.data(), delivery.body.size());
      REQUIRE_FALSE(body.HasParseError());
    }
  }
}

}  // namespace
}  // namespace godwit::webhooks
