// What the audit tells of itself, and that it tells it once.
#include "consumers/audit/keep/keeper.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <chrono>
#include <thread>

#include "common/stream/event_record.h"
#include "consumers/audit/members.h"
#include "consumers/audit/segments.h"
#include "tests/lib/temporary_directory.h"
#include "tests/unit/audit/rig.h"

using namespace godwit;
using namespace godwit::audit;
using namespace godwit::audit::test;
using event::Type;

namespace {

class MutePublisher final : public stream::Publisher {
 public:
  Status publish(stream::OutRecord, stream::Acknowledge) override { return transient_error("no broker"); }
  Status flush(Millis) override { return Done{}; }
};

struct Watched : Rig {
  Watched() : Rig(1, {.segments = {.rows_max = 20, .bytes_max = 1'000'000}}) {}

  std::unique_ptr<keep::Keeper> keeper(stream::Publisher& publisher) {
    return std::make_unique<keep::Keeper>(
        readers(), publisher, clock, keep::KeeperPorts{.folded = folded, .gaps = [this] { return gaps; }},
        keep::KeeperOptions{.own_file = folder / "own.db"});
  }
  std::unique_ptr<keep::Keeper> keeper() { return keeper(published); }
  void tell(int events, const std::string& topic = lifecycle) {
    for (int i = 0; i < events; ++i)
      append(task_event(Type::task_paused, fmt::format("e-{:06}", told++)), 0, topic);
    fold();
  }
  // What is closed is sealed when this returns.
  void seal(const std::string& topic = lifecycle) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{30};
    for (;;) {
      auto db = open_by_hand(topic);
      const auto closed = closed_segments(db);
      if (std::all_of(closed.begin(), closed.end(), [](const Closed& c) { return c.sealed; })) return;
      REQUIRE(std::chrono::steady_clock::now() < deadline);
      fold();
      std::this_thread::yield();
    }
  }
  // "audit.started", "audit.segment_sealed 20", ... as they lie in the log, and forgets them.
  std::vector<std::string> heard() {
    std::vector<std::string> out;
    const auto& records = published.records({activity, stream::Partition{0}});
    for (; heard_ < records.size(); ++heard_) {
      const auto event = stream::decode(stream::view_of(records[heard_], stream::Partition{0}));
      REQUIRE(event.ok());
      const auto* first = event::find_other(event->data, "first_index");
      out.push_back(std::string{event::info(event->type).name} + (first != nullptr ? " " + *first : ""));
      last = *event;
    }
    return out;
  }

  testing::TemporaryDirectory folder;
  stream::MemoryLog published{1};
  FakeClock clock{from_unix_ms(1'000)};
  std::function<projection::RunnerSnapshot()> folded;
  std::map<std::string, std::string> gaps;
  event::Event last;
  int told = 0;

 private:
  std::size_t heard_ = 0;
};

using Heard = std::vector<std::string>;

}  // namespace

TEST_CASE("a run tells that it starts and stops, and the next one when it did not stop") {
  Watched audit;
  auto first = audit.keeper();
  first->start();
  first->stop();
  CHECK(audit.heard() == Heard{"audit.started", "audit.stopped"});
  audit.keeper()->look();  // and dies
  CHECK(audit.heard() == Heard{"audit.started"});
  CHECK(audit.last.data.message->find("the run before") == std::string::npos);
  audit.keeper()->look();
  CHECK(audit.heard() == Heard{"audit.started"});
  CHECK(audit.last.data.message->find("the run before did not end") != std::string::npos);
}

TEST_CASE("a sealed segment is told once, and what was sealed before is past") {
  Watched audit;
  audit.tell(45);
  audit.seal();
  auto keeper = audit.keeper();
  keeper->look();
  keeper->look();
  CHECK(audit.heard() == Heard{"audit.started"});
  audit.tell(20);
  audit.seal();
  keeper->look();
  keeper->look();
  CHECK(audit.heard() == Heard{"audit.segment_sealed 40"});
  CHECK(audit.last.data.rows == 20);
  CHECK(audit.last.data.resource == "godwit/memory/migrations.lifecycle/0");
  audit.tell(40);
  audit.seal();
  keeper = audit.keeper();
  keeper->look();
  CHECK(audit.heard() == Heard{"audit.started", "audit.segment_sealed 60", "audit.segment_sealed 80"});
}

TEST_CASE("a log that is folded anew tells nothing of its past again") {
  Watched audit;
  audit.tell(1);
  audit.keeper()->look();
  audit.tell(60);
  audit.seal();
  audit.keeper()->look();
  audit.heard();
  audit.forget();
  audit.fold();
  audit.seal();
  audit.keeper()->look();
  CHECK(audit.heard() == Heard{"audit.started"});
  audit.tell(20);
  audit.seal();
  audit.keeper()->look();
  CHECK(audit.heard() == Heard{"audit.started", "audit.segment_sealed 60"});
}

TEST_CASE("nothing is told of a partition that has not caught up") {
  Watched audit;
  bool caught_up = false;
  audit.folded = [&] {
    projection::RunnerSnapshot out;
    out.partitions.push_back({.at = {lifecycle, stream::Partition{0}}, .caught_up = caught_up});
    return out;
  };
  auto keeper = audit.keeper();
  audit.tell(20);
  audit.seal();
  keeper->look();
  audit.tell(20);
  audit.seal();
  caught_up = true;
  keeper->look();
  CHECK(audit.heard() == Heard{"audit.started"});
  audit.tell(20);
  audit.seal();
  keeper->look();
  CHECK(audit.heard() == Heard{"audit.segment_sealed 40"});
}

TEST_CASE("what is told of small segments of the audit's own topic fills no further ones") {
  Watched audit;
  audit.append(actor_event(Type::audit_logged_in, "first"), 0, activity);
  audit.fold();
  auto keeper = audit.keeper();
  keeper->look();
  audit.heard();
  for (int i = 0; i < 19; ++i)
    audit.append(actor_event(Type::audit_logged_in, fmt::format("a{}", i)), 0, activity);
  audit.fold();
  audit.seal(activity);
  keeper->look();
  CHECK(audit.heard() == Heard{"audit.segment_sealed 0"});
  keep::Keeper careful{audit.readers(),
                       audit.published,
                       audit.clock,
                       {},
                       {.own_file = audit.folder / "own.db", .rows_told_min = 21}};
  for (int i = 0; i < 20; ++i)
    audit.append(actor_event(Type::audit_logged_in, fmt::format("b{}", i)), 0, activity);
  audit.fold();
  audit.seal(activity);
  careful.look();
  CHECK(audit.heard() == Heard{"audit.started"});
}

TEST_CASE("a store that is not what was signed is a gap, told once") {
  Watched audit;
  auto keeper = audit.keeper();
  audit.gaps["godwit/memory/migrations.lifecycle/0"] = "the store has 90 records, and 100 were signed";
  keeper->look();
  keeper->look();
  CHECK(audit.heard() == Heard{"audit.started", "audit.gap_detected"});
  CHECK(audit.last.data.reason == "the store has 90 records, and 100 were signed");
  CHECK_FALSE(make_entry(audit.last).success);
}

TEST_CASE("what the broker does not take is told later, with the time it happened") {
  Watched audit;
  MutePublisher mute;
  audit.keeper(mute)->look();
  CHECK(audit.heard().empty());
  audit.clock.advance(Millis{5'000});
  audit.keeper()->look();
  CHECK(audit.heard() == Heard{"audit.started", "audit.started"});
  audit.keeper()->look();
  CHECK(audit.heard() == Heard{"audit.started"});
}

TEST_CASE("an audit that is told to be silent tells nothing") {
  Watched audit;
  keep::Keeper silent{audit.readers(), audit.published, audit.clock, {}, {.own_events = false}};
  silent.start();
  silent.stop();
  CHECK(audit.heard().empty());
}
