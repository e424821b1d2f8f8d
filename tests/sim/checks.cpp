// What must hold of a simulation: under way for each store by itself, at the end for all of them.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "common/projection/dead_letter.h"
#include "common/stream/event_record.h"
#include "tests/sim/simulation.h"

namespace godwit::sim {
namespace {

constexpr std::size_t shown_bytes_max = 600;

stream::Record view(const stream::TopicPartition& at, const stream::StoredRecord& stored) {
  stream::Record out{.topic = at.topic,
                     .partition = at.partition,
                     .offset = stored.offset,
                     .timestamp = stored.timestamp,
                     .key = {},
                     .value = {},
                     .headers = {}};
  if (stored.record.key) out.key = *stored.record.key;
  if (stored.record.value) out.value = *stored.record.value;
  for (const auto& [name, value] : stored.record.headers) out.headers.push_back({name, value});
  return out;
}

// The first line that only one of them has.
std::string difference(const std::vector<std::string>& held, const std::vector<std::string>& wanted) {
  std::vector<std::string> extra, missing;
  std::set_difference(held.begin(), held.end(), wanted.begin(), wanted.end(), std::back_inserter(extra));
  std::set_difference(wanted.begin(), wanted.end(), held.begin(), held.end(), std::back_inserter(missing));
  std::string out = fmt::format("{} lines are held that the log does not give, {} are missing", extra.size(),
                                missing.size());
  if (!extra.empty()) out += "\n    held:    " + extra.front().substr(0, shown_bytes_max);
  if (!missing.empty()) out += "\n    missing: " + missing.front().substr(0, shown_bytes_max);
  return out;
}

}  // namespace

// The records of a store's topic partitions, one topic after the other.
std::vector<stream::Record> Simulation::records_below(const std::string& store,
                                                      const Positions& positions) const {
  std::vector<stream::Record> out;
  for (int partition = 0; partition < partitions; ++partition) {
    const auto stores = stores_of(partition);
    for (std::size_t i = 0; i < world_.subject.topics().size(); ++i) {
      if (stores[stores.size() == 1 ? 0 : i] != store) continue;
      const auto next = positions.find({world_.subject.topics()[i], stream::Partition{partition}});
      if (next == positions.end()) continue;
      for (const auto& stored : world_.log.records(next->first))
        if (stored.offset < next->second) out.push_back(view(next->first, stored));
    }
  }
  return out;
}

// Each store, also one that lies forgotten on a disk, is the fold of the log up to its own positions.
Simulation::Complaint Simulation::check_disks() {
  for (const auto& disk : disks_)
    for (const std::string& name : disk->names()) {
      if (disk->is_damaged(name)) continue;
      const Contents held = disk->read(name);
      const auto wanted = world_.subject.reference(backing_, records_below(name, held.positions));
      if (held.rows != wanted) return fmt::format("{}: {}", name, difference(held.rows, wanted));
      if (auto complaint = check_progress(*disk, name, held.positions)) return complaint;
    }
  return std::nullopt;
}

// What serves never goes backwards: a rebuilt store takes over only when it is as far.
Simulation::Complaint Simulation::check_progress(const Disk& disk, const std::string& store,
                                                 const Positions& now) {
  Positions& seen = seen_[{&disk, store}];
  for (const auto& [at, next] : seen) {
    const auto found = now.find(at);
    if (found == now.end() || found->second < next)
      return fmt::format("{}: {}/{} was at {} and is behind that now", store, at.topic, at.partition.value(),
                         next.value());
  }
  seen = now;
  return std::nullopt;
}

bool Simulation::caught_up() {
  for (int partition = 0; partition < partitions; ++partition) {
    Disk& disk = instances_[static_cast<std::size_t>(owner_[static_cast<std::size_t>(partition)])]->disk();
    Positions held, wanted;
    const auto stores = stores_of(partition);
    for (std::size_t i = 0; i < world_.subject.topics().size(); ++i) {
      const stream::TopicPartition at{world_.subject.topics()[i], stream::Partition{partition}};
      if (disk.is_damaged(stores[stores.size() == 1 ? 0 : i])) continue;
      if (const auto& records = world_.log.records(at); !records.empty())
        wanted[at] = stream::Offset{records.back().offset.value() + 1};
    }
    const auto there = disk.names();
    for (const std::string& store : stores) {
      if (std::find(there.begin(), there.end(), store) == there.end() || disk.is_damaged(store)) continue;
      const Contents contents = disk.read(store);
      if (contents.letters != 0) return false;
      held.insert(contents.positions.begin(), contents.positions.end());
    }
    if (held != wanted) return false;
  }
  return true;
}

// Every poison record was published, as it came; nothing else was.
Simulation::Complaint Simulation::check_letters() {
  std::map<std::string, std::optional<std::string>> poison;
  for (const std::string& topic : world_.subject.topics())
    for (int partition = 0; partition < partitions; ++partition) {
      const stream::TopicPartition at{topic, stream::Partition{partition}};
      world_.tally.add("records", world_.log.records(at).size());
      for (const auto& stored : world_.log.records(at))
        if (!stream::decode(view(at, stored)))
          poison[fmt::format("{}/{}/{}", topic, partition, stored.offset.value())] = stored.record.value;
    }
  world_.tally.add("poison records", poison.size());
  std::set<std::string> published;
  for (int partition = 0; partition < partitions; ++partition) {
    const stream::TopicPartition at{std::string{projection::dead_letter_topic}, stream::Partition{partition}};
    for (const auto& stored : world_.log.records(at)) {
      const auto found = poison.find(stored.record.key.value_or(""));
      if (found == poison.end())
        return fmt::format("{} is among the dead letters", stored.record.key.value_or("?"));
      if (found->second != stored.record.value)
        return fmt::format("the dead letter {} has other bytes than its record", found->first);
      published.insert(found->first);
    }
  }
  for (const auto& [key, value] : poison)
    if (!published.contains(key)) return fmt::format("the poison record {} is no dead letter", key);
  return std::nullopt;
}

}  // namespace godwit::sim
