// MemoryStore: the in-memory PartitionStore. What is committed lives in a MemoryDisk that outlives the store,
// as a file outlives a process, so tests can crash and reopen. Faults are asked for by name. Not thread-safe.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/projection/dead_letter.h"
#include "common/projection/projection.h"
#include "common/projection/store.h"

namespace godwit::projection {

// One committed image of a partition.
template <Projection P>
struct MemoryImage {
  std::map<std::string, typename P::State> states;
  std::vector<typename P::Outputs> outputs;
  std::map<stream::TopicPartition, stream::Offset> positions;
  std::map<stream::TopicPartition, std::uint64_t> fingerprints;  // of the record before each position
  std::map<std::int64_t, stream::OutRecord> letters;             // not yet published
  std::int64_t letters_total = 0;
};

template <Projection P>
struct MemoryDisk {
  std::map<std::string, MemoryImage<P>> images;  // by store name
  int failing_commits = 0;                       // this many commits from now throw StoreUnavailable
};

template <Projection P>
class MemoryStore final : public PartitionStore {
 public:
  MemoryStore(MemoryDisk<P>& disk, std::string name, P projection = {})
      : disk_(disk), name_(std::move(name)), projection_(std::move(projection)) {}

  std::vector<stream::Position> positions() const override {
    std::vector<stream::Position> out;
    for (const auto& [at, next] : disk_.images[name_].positions) out.push_back({at, next});
    return out;
  }

  bool contradicts(const stream::Record& record) const override {
    const MemoryImage<P>& image = disk_.images[name_];
    const stream::TopicPartition at{std::string{record.topic}, record.partition};
    const auto next = image.positions.find(at);
    return next != image.positions.end() && next->second.value() == record.offset.value() + 1 &&
           image.fingerprints.at(at) != stream::fingerprint(record);
  }

  void begin() override { staged_ = disk_.images[name_]; }

  std::optional<stream::Offset> position(const stream::Record& record) const override {
    const auto found = staged_.positions.find({std::string{record.topic}, record.partition});
    return found == staged_.positions.end() ? std::nullopt : std::optional{found->second};
  }

  void fold(const stream::Record&, const event::Event& event) override {
    std::string key = projection_.key(event);
    if (key.empty()) return;
    typename P::Outputs out{};
    projection_.step(staged_.states[key], event, out);
    staged_.outputs.push_back(std::move(out));
    touched_.push_back(std::move(key));
  }

  void dead_letter(const stream::Record& record, const event::Refusal& refusal) override {
    staged_.letters[++staged_.letters_total] = make_dead_letter(P::name, record, refusal);
  }

  void advance(const stream::Record& record) override {
    const stream::TopicPartition at{std::string{record.topic}, record.partition};
    staged_.positions[at] = stream::Offset{record.offset.value() + 1};
    staged_.fingerprints[at] = stream::fingerprint(record);
  }

  Touched commit() override {
    if (disk_.failing_commits > 0) {
      --disk_.failing_commits;
      throw StoreUnavailable{name_ + ": the disk is full"};
    }
    disk_.images[name_] = std::move(staged_);
    return std::exchange(touched_, {});
  }

  void rollback() override { touched_.clear(); }

  std::vector<DeadLetter> unpublished(std::size_t letters_max) override {
    std::vector<DeadLetter> out;
    for (const auto& [id, record] : disk_.images[name_].letters)
      if (out.size() < letters_max) out.push_back({id, record});
    return out;
  }

  void mark_published(const std::vector<std::int64_t>& ids) override {
    for (const std::int64_t id : ids) disk_.images[name_].letters.erase(id);
  }

 private:
  MemoryDisk<P>& disk_;
  std::string name_;
  P projection_;
  MemoryImage<P> staged_;
  Touched touched_;
};

template <Projection P>
class MemoryStores final : public StoreFactory {
 public:
  explicit MemoryStores(MemoryDisk<P>& disk, P projection = {})
      : disk_(disk), projection_(std::move(projection)) {}
  Opened open(const std::string& name, const LogIdentity&) override {
    return std::unique_ptr<PartitionStore>{std::make_unique<MemoryStore<P>>(disk_, name, projection_)};
  }

 private:
  MemoryDisk<P>& disk_;
  P projection_;
};

}  // namespace godwit::projection
