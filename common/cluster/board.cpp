#include "common/cluster/board.h"

#include <tuple>

namespace godwit::cluster {
namespace {

bool same_claims(const Peer& a, const Peer& b, projection::StoreKey key) {
  return a.url == b.url && a.partition_counts == b.partition_counts &&
         stores_of(key, a.partitions) == stores_of(key, b.partitions);
}

}  // namespace

std::map<std::string, bool> stores_of(projection::StoreKey key,
                                      const std::vector<projection::PartitionState>& partitions) {
  std::map<std::string, bool> out;
  for (const projection::PartitionState& state : partitions) {
    const auto [found, added] =
        out.emplace(projection::store_name(key, state.at.topic, state.at.partition), state.caught_up);
    if (!added) found->second = found->second && state.caught_up;
  }
  return out;
}

bool PeerBoard::heard(const std::string& key, const std::optional<std::string>& value,
                      Steady::time_point now) {
  if (!value) return heard_.erase(key) > 0;
  auto peer = read_peer(*value);
  if (!peer || key_of(*peer) != key) {
    ++rubbish_total_;
    return false;
  }
  if (peer->consumer != options_.consumer || peer->group != options_.group) return false;
  std::erase_if(heard_, [&](const auto& entry) { return now - entry.second.at > options_.stale_after; });
  const auto known = heard_.find(key);
  if (known == heard_.end() && heard_.size() >= options_.peers_max) return false;
  // The last words of a process that has been replaced may come late.
  if (known != heard_.end() && peer->epoch_ms < known->second.peer.epoch_ms) return false;
  const bool news = known == heard_.end() || !same_claims(known->second.peer, *peer, options_.store_key);
  heard_.insert_or_assign(key, Heard{std::move(*peer), now});
  return news;
}

std::vector<PeerBoard::Heard> PeerBoard::peers(Steady::time_point now) const {
  std::vector<Heard> out;
  for (const auto& [key, heard] : heard_)
    if (now - heard.at <= options_.stale_after) out.push_back(heard);
  return out;
}

std::map<std::string, Owner> PeerBoard::owners(Steady::time_point now) const {
  using Rank = std::tuple<std::int64_t, Steady::time_point>;
  std::map<std::string, std::pair<Rank, Owner>> best;
  for (const Heard& heard : peers(now)) {
    const Rank rank{heard.peer.epoch_ms, heard.at};
    for (const auto& [store, caught_up] : stores_of(options_.store_key, heard.peer.partitions)) {
      const auto found = best.find(store);
      if (found != best.end() && rank <= found->second.first) continue;
      best.insert_or_assign(store, std::pair{rank, Owner{heard.peer.instance, heard.peer.url, caught_up}});
    }
  }
  std::map<std::string, Owner> out;
  for (auto& [store, claim] : best) out.emplace(store, std::move(claim.second));
  return out;
}

}  // namespace godwit::cluster
