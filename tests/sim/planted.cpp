#include "tests/sim/planted.h"

namespace godwit::sim {
namespace {

using projection::PartitionStore;

class Around : public PartitionStore {
 public:
  explicit Around(std::unique_ptr<PartitionStore> inner) : inner_(std::move(inner)) {}

  std::vector<stream::Position> positions() const override { return inner_->positions(); }
  bool contradicts(const stream::Record& record) const override { return inner_->contradicts(record); }
  projection::Knowledge knowledge_of(const stream::Record& record) const override {
    return inner_->knowledge_of(record);
  }
  void begin() override { inner_->begin(); }
  std::optional<stream::Offset> position(const stream::Record& record) const override {
    return inner_->position(record);
  }
  void fold(const stream::Record& record, const event::Event& event) override { inner_->fold(record, event); }
  void dead_letter(const stream::Record& record, const event::Refusal& refusal) override {
    inner_->dead_letter(record, refusal);
  }
  void advance(const stream::Record& record) override { inner_->advance(record); }
  projection::Touched commit() override { return inner_->commit(); }
  void rollback() override { inner_->rollback(); }
  std::vector<projection::DeadLetter> unpublished(std::size_t letters_max) override {
    return inner_->unpublished(letters_max);
  }
  void mark_published(const std::vector<std::int64_t>& ids) override { inner_->mark_published(ids); }

 protected:
  PartitionStore& inner() { return *inner_; }
  std::unique_ptr<PartitionStore> take_inner() { return std::move(inner_); }

 private:
  std::unique_ptr<PartitionStore> inner_;
};

class Unchecked final : public Around {
 public:
  using Around::Around;
  std::optional<stream::Offset> position(const stream::Record&) const override { return std::nullopt; }
};

class PoisonDropped final : public Around {
 public:
  using Around::Around;
  void dead_letter(const stream::Record&, const event::Refusal&) override {}
};

class UnknownPassedOver final : public Around {
 public:
  using Around::Around;
  projection::Knowledge knowledge_of(const stream::Record& record) const override {
    using projection::Knowledge;
    const Knowledge knowledge = Around::knowledge_of(record);
    return knowledge == Knowledge::unknown ? Knowledge::known : knowledge;
  }
};

class PositionsBeside final : public Around {
 public:
  PositionsBeside(std::unique_ptr<PartitionStore> inner, Positions& committed, bool first)
      : Around(std::move(inner)), committed_(committed), first_(first) {}

  std::vector<stream::Position> positions() const override {
    std::vector<stream::Position> out;
    for (const auto& [at, next] : committed_) out.push_back({at, next});
    return out;
  }
  bool contradicts(const stream::Record&) const override { return false; }
  void begin() override { inner().begin(), staged_ = committed_; }
  std::optional<stream::Offset> position(const stream::Record& record) const override {
    const auto found = staged_.find({std::string{record.topic}, record.partition});
    return found == staged_.end() ? std::nullopt : std::optional{found->second};
  }
  void advance(const stream::Record& record) override {
    inner().advance(record);
    staged_[{std::string{record.topic}, record.partition}] = stream::Offset{record.offset.value() + 1};
  }
  projection::Touched commit() override {
    if (first_) committed_ = staged_;
    projection::Touched touched = inner().commit();
    committed_ = staged_;
    return touched;
  }

 private:
  Positions& committed_;
  Positions staged_;
  bool first_;
};

// Works through its commits a batch behind. When it is let go it should commit the last one first.
class BatchBehind final : public Around {
 public:
  BatchBehind(std::unique_ptr<PartitionStore> inner, BugGround& ground, bool drains)
      : Around(std::move(inner)), ground_(ground), drains_(drains) {}
  ~BatchBehind() override {
    if (owed_ && !drains_) ground_.late.push_back(take_inner());
    if (!owed_ || !drains_) return;
    try {
      settle();
    } catch (const projection::StoreUnavailable&) {  // rolled back: the next owner folds it
    } catch (const Crash&) {
    }
  }
  BatchBehind(const BatchBehind&) = delete;
  BatchBehind& operator=(const BatchBehind&) = delete;

  void begin() override { settle(), inner().begin(); }
  projection::Touched commit() override {
    if (!ground_.lazy) return inner().commit();
    owed_ = true;
    return {};
  }
  void rollback() override { owed_ = false, inner().rollback(); }

 private:
  void settle() {
    if (!owed_) return;
    owed_ = false;
    try {
      inner().commit();
    } catch (...) {
      inner().rollback();
      throw;
    }
  }

  BugGround& ground_;
  bool drains_;
  bool owed_ = false;
};

}  // namespace

void BugGround::commit_late() {
  for (auto& store : late) {
    try {
      store->commit();
    } catch (const projection::StoreUnavailable&) {
      store->rollback();
    } catch (const Crash&) {  // its process dies too late to be missed
    }
  }
  late.clear();
}

std::unique_ptr<PartitionStore> with_bug(Bug bug, BugGround& ground, const Disk& disk,
                                         const std::string& name, std::unique_ptr<PartitionStore> store) {
  switch (bug) {
    case Bug::offset_check_removed:
      return std::make_unique<Unchecked>(std::move(store));
    case Bug::positions_first:
    case Bug::positions_last:
      return std::make_unique<PositionsBeside>(std::move(store), ground.positions[{&disk, name}],
                                               bug == Bug::positions_first);
    case Bug::poison_dropped:
      return std::make_unique<PoisonDropped>(std::move(store));
    case Bug::revoke_without_drain:
    case Bug::none_but_late:
      return std::make_unique<BatchBehind>(std::move(store), ground, bug == Bug::none_but_late);
    case Bug::none:
    case Bug::swap_too_early:
    case Bug::duplicate_counted:
    case Bug::unknown_passed_over:
      return store;
  }
  return store;
}

std::unique_ptr<PartitionStore> with_rebuild_bug(Bug bug, std::unique_ptr<PartitionStore> store) {
  if (bug == Bug::unknown_passed_over) return std::make_unique<UnknownPassedOver>(std::move(store));
  return store;
}

}  // namespace godwit::sim
