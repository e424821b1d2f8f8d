// The one promise under everything at once, from one seed: after any faults the store is the fold of the log.
#include <doctest/doctest.h>

#include <cstdlib>
#include <random>

#include "common/base/log.h"
#include "counting.h"

namespace godwit::projection::testing {
namespace {

using Fault = FaultyStores::Fault;
constexpr Fault faults[] = {Fault::begin, Fault::fold, Fault::commit, Fault::mark};

class Simulation {
 public:
  explicit Simulation(std::uint64_t seed) : random_(seed) { restart(); }

  void step() {
    switch (below(12)) {
      case 0:
        world_.append(below(2), poison_record(fmt::format("t-{}", below(5))));
        break;
      case 1:
        world_.log.skip_offsets(at(lifecycle, below(2)), 1 + below(3));
        break;
      case 2:
        if (assigned_) process_->source.rewind(at(lifecycle, below(2)), stream::Offset{0});
        break;
      case 3:
        world_.disk.failing_commits = below(3);
        break;
      case 4:
        world_.stores.break_store(fmt::format("p-000{}", below(2)),
                                  faults[static_cast<std::size_t>(below(4))]);
        break;
      case 5:
        heal();
        break;
      case 6:
        rebalance();
        break;
      case 7:
        if (below(4) == 0) restart();
        break;
      case 8:
        process_->source.fail_next(transient_error("broker away"));
        break;
      default:
        emit();
    }
    process_->turn();
    world_.clock.advance(Millis{below(700)});
  }

  // Ends all faults and lets the consumer catch up.
  void settle() {
    heal();
    if (!assigned_) rebalance();
    for (int i = 0; i < 40; ++i) {
      world_.clock.advance(Millis{1000});
      process_->turn();
    }
  }

  void check() {
    for (int partition = 0; partition < 2; ++partition) {
      std::map<std::string, std::vector<std::string>> wanted;
      std::set<std::string> poison;
      for (const auto& stored : world_.log.records(at(lifecycle, partition))) {
        if (stored.record.value == "rubbish") {
          poison.insert(fmt::format("{}/{}/{}", lifecycle, partition, stored.offset.value()));
        } else {
          const auto event = event::decode_structured(*stored.record.value).value();
          wanted[event.subject].push_back(event.id);
        }
      }
      auto& image = world_.disk.images[fmt::format("p-000{}", partition)];
      CHECK(image.states.size() == wanted.size());
      for (const auto& [task, ids] : wanted) CHECK(image.states[task].ids == ids);
      CHECK(image.letters.empty());
      for (const auto& stored : world_.log.records(at(std::string{dead_letter_topic}, 0)))
        poison.erase(*stored.record.key);
      CHECK(poison.empty());
    }
  }

 private:
  int below(int bound) { return static_cast<int>(random_() % static_cast<std::uint64_t>(bound)); }

  void emit() {
    const int task = below(6);
    world_.append(task % 2, event_record(fmt::format("e{}", ++emitted_), fmt::format("t-{}", task)));
  }
  void heal() {
    world_.stores.mend();
    world_.disk.failing_commits = 0;
  }
  void rebalance() {
    const std::vector<stream::TopicPartition> both{at(lifecycle, 0), at(lifecycle, 1)};
    if (assigned_) {
      process_->source.revoke(both);
    } else {
      process_->source.assign(both);
    }
    assigned_ = !assigned_;
  }
  void restart() {  // a crash: nothing is closed
    process_ = world_.start({.consumer = "counting", .poll = {.records_max = 7}});
    assigned_ = false;
    rebalance();
  }

  std::mt19937_64 random_;
  World world_;
  std::unique_ptr<Process> process_;
  bool assigned_ = false;
  int emitted_ = 0;
};

TEST_CASE("whatever fails in whatever order, the store becomes the fold of the log") {
  const char* given = std::getenv("GODWIT_TEST_SEED");
  const std::uint64_t first = given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
  MESSAGE("GODWIT_TEST_SEED=" << first);
  init_log("projection_test", LogLevel::error);  // thousands of warnings are expected
  for (std::uint64_t seed = first; seed < first + 60; ++seed) {
    CAPTURE(seed);
    Simulation simulation{seed};
    for (int i = 0; i < 150; ++i) simulation.step();
    simulation.settle();
    simulation.check();
  }
}

}  // namespace
}  // namespace godwit::projection::testing
