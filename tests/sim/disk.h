// Disk: where the stores of one instance lie while processes come and go: in memory, or as SQLite files. What
// lies on it is read as text, to be compared with the reference.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "common/projection/store.h"
#include "common/sqlite/database.h"
#include "tests/sim/fate.h"

namespace godwit::sim {

using Positions = std::map<stream::TopicPartition, stream::Offset>;

// One store, as committed.
struct Contents {
  std::vector<std::string> rows;  // states and outputs, sorted
  Positions positions;
  std::size_t letters = 0;  // not yet known to be published
};

class Disk {
 public:
  virtual ~Disk() = default;
  // Its own factory, with generations, as a process has it that was or was not started with --repair.
  virtual projection::StoreFactory& stores(bool repairs) = 0;
  // The serving store. A damaged one opens only for who repairs, and is empty then.
  virtual projection::StoreFactory::Opened open(const std::string& name, const projection::LogIdentity& log,
                                                bool repairs) = 0;
  virtual std::vector<std::string> names() const = 0;
  virtual Contents read(const std::string& name) = 0;
  // Both only while no process has the store open.
  virtual void wipe(const std::string& name) = 0;
  virtual void take(const std::string& name, Disk& from) = 0;

  // What serves `name` is corrupt from now on, until it is repaired or another generation serves. Whoever has
  // it open hears of it at its next call.
  void damage(const std::string& name) { damaged_.insert(name); }
  bool is_damaged(const std::string& name) const { return damaged_.contains(name); }
  bool has_damage() const { return !damaged_.empty(); }
  virtual void mend(const std::string& name) { damaged_.erase(name); }

 private:
  std::set<std::string> damaged_;
};

// Set while a commit runs, so that the rows it writes pass a point too.
inline Fate* committing = nullptr;

// Tables of which a row may be the last thing a process does.
template <class Tables>
class FragileTables : public Tables {
 public:
  using Tables::Tables;
  static void carry_over(sqlite::Database&) {}  // rows that are no fold of the log: no dispatcher runs here
  template <class State>
  void save(const std::string& key, const State& state, const std::string& log_position) {
    Tables::save(key, state, log_position);
    if (committing != nullptr) committing->pass(Point::row);
  }
};

// A store whose every call passes a point of its instance's fate, and which may be damaged if it serves.
class FragileStore final : public projection::PartitionStore {
 public:
  using Damaged = std::function<bool()>;
  FragileStore(std::unique_ptr<projection::PartitionStore> inner, Fate& fate, Damaged damaged)
      : inner_(std::move(inner)), fate_(fate), damaged_(std::move(damaged)) {}

  std::vector<stream::Position> positions() const override { return inner_->positions(); }
  bool contradicts(const stream::Record& record) const override { return inner_->contradicts(record); }
  projection::Knowledge knowledge_of(const stream::Record& record) const override {
    return inner_->knowledge_of(record);
  }
  void begin() override { pass(Point::begin), inner_->begin(); }
  std::optional<stream::Offset> position(const stream::Record& record) const override {
    return inner_->position(record);
  }
  void fold(const stream::Record& record, const event::Event& event) override {
    pass(Point::fold), inner_->fold(record, event);
  }
  void dead_letter(const stream::Record& record, const event::Refusal& refusal) override {
    pass(Point::dead_letter), inner_->dead_letter(record, refusal);
  }
  void advance(const stream::Record& record) override { pass(Point::advance), inner_->advance(record); }
  projection::Touched commit() override;
  void rollback() override { inner_->rollback(); }
  std::vector<projection::DeadLetter> unpublished(std::size_t letters_max) override {
    pass(Point::unpublished);
    return inner_->unpublished(letters_max);
  }
  void mark_published(const std::vector<std::int64_t>& ids) override {
    pass(Point::before_mark), inner_->mark_published(ids), fate_.pass(Point::after_mark);
  }

 private:
  void pass(Point point) {
    if (damaged_()) throw projection::StoreUnavailable{"the simulated file is damaged", true};
    fate_.pass(point);
  }

  std::unique_ptr<projection::PartitionStore> inner_;
  Fate& fate_;
  Damaged damaged_;
};

}  // namespace godwit::sim
