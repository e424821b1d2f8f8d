// A world for the runner: a log, a disk, a clock that moves when told, and the simplest projection. It counts
// on purpose: a fold that is not idempotent shows every record folded twice or never.
#pragma once

#include <fmt/format.h>

#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "common/event/codec.h"
#include "common/projection/memory_store.h"
#include "common/projection/runner.h"
#include "common/stream/event_record.h"
#include "common/stream/memory_log.h"

namespace godwit::projection::testing {

struct Counting {
  static constexpr std::string_view name = "counting";
  static constexpr int version = 1;
  struct State {
    int events = 0;
    std::vector<std::string> ids;  // in the order folded
  };
  using Outputs = std::vector<std::string>;

  std::string key(const event::Event& event) const {
    return event.type == event::Type::unknown ? "" : event.subject;
  }
  void step(State& state, const event::Event& event, Outputs& out) const {
    ++state.events;
    state.ids.push_back(event.id);
    out.push_back(event.id);
  }
};
static_assert(Projection<Counting>);

inline const std::string lifecycle = "migrations.lifecycle";
inline const std::string progress = "migrations.progress";

inline stream::TopicPartition at(const std::string& topic, int partition) {
  return {topic, stream::Partition{partition}};
}

inline stream::OutRecord event_record(const std::string& id, const std::string& task,
                                      std::string_view type = "io.godwit.task.queued.v1",
                                      const std::string& topic = lifecycle) {
  event::Event event;
  event.id = id;
  event.source = "/workers/1";
  event.subject = task;
  event.type_name = std::string{type};
  event.type = event::type_from_name(type);
  event.time = from_unix_ms(1795254859257);
  event.data.vm_name = task;
  event.data.provider = "vsphere";
  event.data.attempt = 1;
  return {.topic = topic, .key = task, .value = event::encode_structured(event), .headers = {}};
}

inline stream::OutRecord poison_record(const std::string& task) {
  return {.topic = lifecycle, .key = task, .value = "rubbish", .headers = {{"x-origin", "test"}}};
}

// A publisher whose acknowledgements can be held back, or which takes nothing.
class CorkedPublisher final : public stream::Publisher {
 public:
  explicit CorkedPublisher(stream::MemoryLog& log) : log_(log) {}

  Status publish(stream::OutRecord record, stream::Acknowledge acknowledge) override {
    if (away) return transient_error("broker away");
    const auto placed = log_.append(std::move(record), stream::Partition{0});
    if (corked) {
      held_.push_back([placed, acknowledge] { acknowledge(placed); });
    } else {
      acknowledge(placed);
    }
    return Done{};
  }
  Status flush(Millis) override { return Done{}; }
  void uncork() {
    corked = false;
    for (auto& each : held_) each();
    held_.clear();
  }

  bool away = false;
  bool corked = false;

 private:
  stream::MemoryLog& log_;
  std::vector<std::function<void()>> held_;
};

// Memory stores of which some fail, by name, where they are told to.
class FaultyStores final : public StoreFactory {
 public:
  enum class Fault { open, begin, fold, commit, mark };

  explicit FaultyStores(MemoryDisk<Counting>& disk) : disk_(disk) {}
  void break_store(const std::string& name, Fault fault) { broken_[name] = fault; }
  void mend() { broken_.clear(); }

  Result<std::unique_ptr<PartitionStore>> open(const std::string& name, const LogIdentity&) override {
    if (fails(name, Fault::open)) return fatal_error(fmt::format("{} belongs to another cluster", name));
    return std::unique_ptr<PartitionStore>{std::make_unique<Store>(*this, disk_, name)};
  }

 private:
  bool fails(const std::string& name, Fault fault) const {
    const auto found = broken_.find(name);
    return found != broken_.end() && found->second == fault;
  }

  class Store final : public PartitionStore {
   public:
    Store(const FaultyStores& owner, MemoryDisk<Counting>& disk, const std::string& name)
        : owner_(owner), name_(name), inner_(disk, name) {}
    std::vector<stream::Position> positions() const override { return inner_.positions(); }
    bool contradicts(const stream::Record& record) const override { return inner_.contradicts(record); }
    void begin() override { may_fail(Fault::begin), inner_.begin(); }
    std::optional<stream::Offset> position(const stream::Record& record) const override {
      return inner_.position(record);
    }
    void fold(const stream::Record& record, const event::Event& event) override {
      may_fail(Fault::fold), inner_.fold(record, event);
    }
    void dead_letter(const stream::Record& record, const event::Refusal& refusal) override {
      inner_.dead_letter(record, refusal);
    }
    void advance(const stream::Record& record) override { inner_.advance(record); }
    Touched commit() override { return may_fail(Fault::commit), inner_.commit(); }
    void rollback() override { inner_.rollback(); }
    std::vector<DeadLetter> unpublished(std::size_t letters_max) override {
      return inner_.unpublished(letters_max);
    }
    void mark_published(const std::vector<std::int64_t>& ids) override {
      may_fail(Fault::mark), inner_.mark_published(ids);
    }

   private:
    void may_fail(Fault fault) const {
      if (owner_.fails(name_, fault)) throw StoreUnavailable{name_ + ": the disk is full"};
    }
    const FaultyStores& owner_;
    std::string name_;
    MemoryStore<Counting> inner_;
  };

  MemoryDisk<Counting>& disk_;
  std::map<std::string, Fault> broken_;
};

// One consumer process; destroy it without closing to crash it.
struct Process {
  Process(stream::MemoryLog& log, StoreFactory& stores, stream::Publisher& publisher, const Clock& clock,
          RunnerOptions options = {.consumer = "counting"})
      : runner(std::move(options), stores, publisher, clock,
               [this](const std::string& store, const Touched& keys) {
                 for (const std::string& key : keys) touched.push_back(fmt::format("{}/{}", store, key));
               }),
        source(log, runner) {}

  void turn() { runner.turn(source); }
  void turns(int count) {
    for (int i = 0; i < count; ++i) turn();
  }

  std::vector<std::string> touched;
  Runner runner;
  stream::MemorySource source;
};

struct World {
  stream::MemoryLog log{2};
  MemoryDisk<Counting> disk;
  FaultyStores stores{disk};
  CorkedPublisher publisher{log};
  FakeClock clock{from_unix_ms(1795254859257)};

  std::unique_ptr<Process> start(RunnerOptions options = {.consumer = "counting"}) {
    return std::make_unique<Process>(log, stores, publisher, clock, std::move(options));
  }
  void append(int partition, stream::OutRecord record) {
    log.append(std::move(record), stream::Partition{partition});
  }
  int events(const std::string& store, const std::string& task) {
    return disk.images[store].states[task].events;
  }
  std::size_t letters() const { return log.records(at(std::string{dead_letter_topic}, 0)).size(); }
};

}  // namespace godwit::projection::testing
