// Rebuild: folds the next generation of stores from the start of the log, beside the serving ones, and has
// each take over when it has caught up. It reads with a source of its own and publishes nothing; the runner
// that folds the serving store goes on, and is held only for the moment of the swap. What is unfinished
// stays, and is gone on with by whoever owns the store next.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/projection/runner.h"

namespace godwit::projection {

struct RebuildOptions {
  std::string consumer;
  StoreKey store_key = StoreKey::partition;
  stream::PollLimits poll = {};
  Millis rate_window{10'000};  // events per second are those of so long
  Millis hold_max{10'000};     // a store is held at most so long for its successor to come up
  Millis source_retry{1'000};  // before a source that could not be made is tried again
};

enum class RebuildState { folding, swapping, swapped, stopped };

struct RebuildOf {
  std::string store;
  RebuildState state = RebuildState::folding;
  std::string reason = {};    // why it stopped, or what it waits for
  std::int64_t position = 0;  // sums over its topic partitions
  std::int64_t end = 0;
};

struct RebuildSnapshot {
  bool running = false;
  std::vector<RebuildOf> stores = {};
  std::uint64_t events = 0;  // records folded since the process started
  double events_per_second = 0;
  std::optional<std::int64_t> eta_seconds = {};  // nullopt: not known
  std::int64_t lag() const;
};

class Rebuild {
 public:
  using OpenSource =
      std::function<Result<std::unique_ptr<stream::ManualSource>>(stream::AssignmentListener& listener)>;

  // `live` fold the serving generations; everything given must outlive this.
  Rebuild(RebuildOptions options, StoreFactory& stores, std::vector<Runner*> live, OpenSource open_source,
          const Clock& clock);
  ~Rebuild();
  Rebuild(const Rebuild&) = delete;
  Rebuild& operator=(const Rebuild&) = delete;

  // Rebuilds every store owned now, and with `also_later` those that are assigned later; an unfinished one is
  // gone on with. False when a rebuild runs. Safe from every thread.
  bool start(bool also_later);
  // One turn: looks what is owned, reads and folds a batch, swaps what has caught up. One thread calls it.
  // False when there was nothing to do.
  bool turn();
  // Safe from every thread.
  RebuildSnapshot snapshot() const;

 private:
  struct Task;
  struct Parts;

  struct Live {
    Runner* runner = nullptr;
    std::uint64_t revocations = 0;
    std::set<stream::TopicPartition> partitions;
    std::map<stream::TopicPartition, std::int64_t> next;
  };
  std::map<std::string, Live> look();
  void follow_ownership(const std::map<std::string, Live>& owned);
  bool open();
  void advance(Task& task, const Live& live);
  bool has_reached(const Task& task, const std::map<stream::TopicPartition, std::int64_t>& goal,
                   bool goal_counts) const;
  void swap(Task& task, const Live& live);
  void stop(Task& task, const std::string& why);
  void end(Task& task);
  void tell();

  RebuildOptions options_;
  StoreFactory& stores_;
  std::vector<Runner*> live_;
  OpenSource open_source_;
  const Clock& clock_;
  std::unique_ptr<Parts> parts_;  // the source and the runner, while there is something to fold
  std::map<Runner*, RunnerSnapshot> seen_;
  RunnerSnapshot folded_;
  std::map<stream::TopicPartition, stream::Watermark> ends_;
  std::map<std::string, Task> tasks_;
  std::set<std::string> known_;  // owned, and looked at
  std::set<std::string> again_;  // to be gone on with: begun before something was revoked
  std::set<std::string> done_;   // swapped since the last start()
  std::uint64_t events_before_ = 0;
  std::deque<std::pair<Timestamp, std::uint64_t>> samples_;
  std::optional<Timestamp> open_at_;

  mutable std::mutex mutex_;  // of what follows
  bool all_now_ = false;
  bool all_ = false;
  RebuildSnapshot told_;
};

}  // namespace godwit::projection
