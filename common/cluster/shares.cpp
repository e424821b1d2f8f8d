#include "common/cluster/shares.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "common/json/writer.h"

namespace godwit::cluster {
namespace {

Stores all_stores(projection::StoreKey key, const std::map<std::string, std::int32_t>& counts) {
  Stores out;
  for (const auto& [topic, count] : counts)
    for (std::int32_t partition = 0; partition < count; ++partition)
      out.insert(projection::store_name(key, topic, stream::Partition{partition}));
  return out;
}

}  // namespace

Shares share_out(projection::StoreKey key, const std::map<std::string, std::int32_t>& counts,
                 const Stores& open, const std::vector<projection::PartitionState>& partitions,
                 const std::map<std::string, Owner>& owners) {
  Shares out;
  out.known = !counts.empty();
  for (const auto& [topic, count] : counts) out.count = std::max(out.count, count);
  const auto mine = stores_of(key, partitions);
  for (const std::string& store : all_stores(key, counts)) {
    const auto state = mine.find(store);
    const auto owner = owners.find(store);
    bool caught_up = false;
    if (open.contains(store)) {
      out.own.insert(store);
      caught_up = state != mine.end() && state->second;
    } else if (owner != owners.end()) {
      out.peers[owner->second.url].insert(store);
      caught_up = owner->second.caught_up;
    } else {
      out.unowned.insert(store);
      continue;
    }
    if (!caught_up) out.behind.insert(store);
  }
  return out;
}

StoreParts parts_of(const std::string& store) {
  const std::size_t dash = std::min(store.rfind('-'), store.size() - 1);
  std::int32_t partition = 0;
  std::from_chars(store.data() + dash + 1, store.data() + store.size(), partition);
  return {store.substr(0, dash), partition};
}

std::string shown(const std::string& store) {
  const auto [topic, partition] = parts_of(store);
  return topic == "p" ? std::to_string(partition) : fmt::format("{}/{}", topic, partition);
}

std::string shown_as_json(const std::string& store) {
  const auto [topic, partition] = parts_of(store);
  json::Writer out;
  if (topic == "p")
    out.value(partition);
  else
    out.value(shown(store));
  return out.take();
}

}  // namespace godwit::cluster
