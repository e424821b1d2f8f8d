// A projection: a pure, deterministic step from (state, event) to a new state and outputs, per key. It knows
// no Kafka, SQL, HTTP, clock or randomness, so a replay of the log gives the same states and outputs, and a
// test needs nothing but values.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/event/event.h"

namespace godwit::projection {

template <class P>
concept Projection = requires(const P& p, typename P::State& state, const event::Event& e,
                              typename P::Outputs& out) {
  { P::name } -> std::convertible_to<std::string_view>;  // names the store and the consumer group
  { P::version } -> std::convertible_to<int>;            // bump it and the store is rebuilt from the log
  // A projection that folds what a user chose has also variant() -> std::string: another one is rebuilt too.
  {
    p.key(e)
    } -> std::same_as<std::string>;  // whose state this event changes; empty: none, the event is passed over
  { p.step(state, e, out) } -> std::same_as<void>;  // no clock, no I/O, no randomness
};

// The events of one key already folded, so that a resent event counts once. Part of a projection's state.
// Keeps the newest `seen_max` hashes: a task has some tens of lifecycle events, so the bound is a guard, not
// a window.
class Seen {
 public:
  static constexpr std::size_t seen_max = 4096;

  Seen() = default;
  explicit Seen(std::vector<std::uint64_t> hashes) : hashes_(std::move(hashes)) {}

  // True when the event was not seen before; it is from now on.
  bool insert(const event::Event& event) {
    const std::uint64_t hash = event::identity_hash(event);
    if (std::find(hashes_.rbegin(), hashes_.rend(), hash) != hashes_.rend()) return false;
    if (hashes_.size() == seen_max) hashes_.erase(hashes_.begin());
    hashes_.push_back(hash);
    return true;
  }

  const std::vector<std::uint64_t>& hashes() const { return hashes_; }

  bool operator==(const Seen&) const = default;

 private:
  std::vector<std::uint64_t> hashes_;
};

}  // namespace godwit::projection
