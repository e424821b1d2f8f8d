// Planted bugs: what the simulation must catch, or it would prove nothing. Each is a wrapper around a store
// or a projection, so that no production code knows of them.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <string_view>
#include <vector>

#include "tests/sim/disk.h"

namespace godwit::sim {

enum class Bug {
  none,
  offset_check_removed,  // the store does not tell its position, so redelivered records are folded again
  positions_first,       // positions are committed before states and outputs, by themselves
  positions_last,        // ... or after them
  poison_dropped,        // an unreadable record is passed over
  revoke_without_drain,  // the last batch is committed after another instance may own the partition
  none_but_late,         // no bug: as before, but drained; it shows that lateness alone is not what is caught
  swap_too_early,        // a rebuilt store takes over before it has caught up
  duplicate_counted,     // a projection that does not remember the events it has folded
  unknown_passed_over,   // a rebuild passes over what it cannot read though the serving store could
};

struct BugInfo {
  Bug bug;
  std::string_view name;
};
inline constexpr std::array<BugInfo, 9> bugs{{{Bug::offset_check_removed, "offset-check-removed"},
                                              {Bug::positions_first, "positions-first"},
                                              {Bug::positions_last, "positions-last"},
                                              {Bug::poison_dropped, "poison-dropped"},
                                              {Bug::revoke_without_drain, "revoke-without-drain"},
                                              {Bug::none_but_late, "none-but-late"},
                                              {Bug::swap_too_early, "swap-too-early"},
                                              {Bug::duplicate_counted, "duplicate-counted"},
                                              {Bug::unknown_passed_over, "unknown-passed-over"}}};

// Bugs about a store that is let go while a commit is still to come.
constexpr bool is_late(Bug bug) { return bug == Bug::revoke_without_drain || bug == Bug::none_but_late; }

// What bugs need beside the stores, for the length of a simulation.
struct BugGround {
  std::map<std::pair<const Disk*, std::string>, Positions> positions;  // those kept outside
  bool lazy = true;                                                    // commits may be put off
  std::vector<std::unique_ptr<projection::PartitionStore>> late;       // revoked with a commit still to come

  void commit_late();
};

std::unique_ptr<projection::PartitionStore> with_bug(Bug bug, BugGround& ground, const Disk& disk,
                                                     const std::string& name,
                                                     std::unique_ptr<projection::PartitionStore> store);

// The same for a store that is built beside the serving one.
std::unique_ptr<projection::PartitionStore> with_rebuild_bug(
    Bug bug, std::unique_ptr<projection::PartitionStore> store);

// P, but each event is new to it.
template <class P>
struct Forgetful : P {
  using typename P::Outputs;
  using typename P::State;

  void step(State& state, const event::Event& event, Outputs& out) const {
    if constexpr (requires { state.life.seen; }) state.life.seen = {};
    if constexpr (requires { state.seen; }) state.seen = {};
    if constexpr (requires { state.deliveries; }) state.deliveries = {};
    P::step(state, event, out);
  }
};

}  // namespace godwit::sim
