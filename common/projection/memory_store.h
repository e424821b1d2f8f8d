// MemoryStore: the in-memory PartitionStore. What is committed lives in a MemoryDisk that outlives the store,
// as a file outlives a process, so tests can crash and reopen. Faults are asked for by name. Not thread-safe.
#pragma once

#include <map>
#include <memory>
#include <set>
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
  std::set<stream::Position> known_letters;  // all there ever were
};

template <Projection P>
struct MemoryDisk {
  std::map<std::string, MemoryImage<P>> images;  // by store name
  std::map<std::string, MemoryImage<P>> next;    // next generations, being built
  int failing_commits = 0;                       // this many commits from now throw StoreUnavailable
};

template <Projection P>
class MemoryStore final : public PartitionStore {
 public:
  // `is_next`: the next generation, whose dead letters are not published.
  MemoryStore(MemoryDisk<P>& disk, std::string name, P projection = {}, bool is_next = false)
      : disk_(disk), name_(std::move(name)), projection_(std::move(projection)), is_next_(is_next) {}

  std::vector<stream::Position> positions() const override {
    std::vector<stream::Position> out;
    for (const auto& [at, next] : image().positions) out.push_back({at, next});
    return out;
  }

  bool contradicts(const stream::Record& record) const override {
    const MemoryImage<P>& held = image();
    const stream::TopicPartition at{std::string{record.topic}, record.partition};
    const auto next = held.positions.find(at);
    return next != held.positions.end() && next->second.value() == record.offset.value() + 1 &&
           held.fingerprints.at(at) != stream::fingerprint(record);
  }

  Knowledge knowledge_of(const stream::Record& record) const override {
    const MemoryImage<P>& serving = disk_.images[name_];
    const stream::TopicPartition at{std::string{record.topic}, record.partition};
    if (serving.known_letters.contains({at, record.offset})) return Knowledge::known;
    const auto next = serving.positions.find(at);
    return next != serving.positions.end() && next->second > record.offset ? Knowledge::unknown
                                                                           : Knowledge::not_yet;
  }

  void begin() override { staged_ = image(); }

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
    staged_.known_letters.insert({{std::string{record.topic}, record.partition}, record.offset});
    if (!is_next_) staged_.letters[++staged_.letters_total] = make_dead_letter(P::name, record, refusal);
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
    image() = std::move(staged_);
    return std::exchange(touched_, {});
  }

  void rollback() override { touched_.clear(); }

  std::vector<DeadLetter> unpublished(std::size_t letters_max) override {
    std::vector<DeadLetter> out;
    for (const auto& [id, record] : image().letters)
      if (out.size() < letters_max) out.push_back({id, record});
    return out;
  }

  void mark_published(const std::vector<std::int64_t>& ids) override {
    for (const std::int64_t id : ids) image().letters.erase(id);
  }

 private:
  MemoryImage<P>& image() const { return is_next_ ? disk_.next[name_] : disk_.images[name_]; }

  MemoryDisk<P>& disk_;
  std::string name_;
  P projection_;
  bool is_next_;
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
  Opened open_next(const std::string& name, const LogIdentity&) override {
    return std::unique_ptr<PartitionStore>{std::make_unique<MemoryStore<P>>(disk_, name, projection_, true)};
  }
  bool has_next(const std::string& name) const override { return disk_.next.contains(name); }
  Opened adopt(const std::string& name, const LogIdentity& log) override {
    if (!disk_.next.contains(name)) return fatal_error("there is no rebuilt store of " + name);
    MemoryImage<P> successor = std::move(disk_.next[name]);
    disk_.next.erase(name);
    MemoryImage<P>& serving = disk_.images[name];
    successor.letters = std::move(serving.letters);
    successor.letters_total = serving.letters_total;
    successor.known_letters.merge(serving.known_letters);
    serving = std::move(successor);
    return open(name, log);
  }

 private:
  MemoryDisk<P>& disk_;
  P projection_;
};

}  // namespace godwit::projection
