// Hub: who watches which tasks, and what each of them has been told. It is fed with changes by the threads of
// Feeder and gives each watcher what it is owed: first what it has missed, then every change, at most so
// often, never an older state after a newer one, and never without the end of a task.
//
// Safe from every thread. Outlets are called under the hub's lock, so they must not block or call back.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "common/http/live.h"
#include "consumers/progress/changes.h"

namespace godwit::progress {

using Steady = std::chrono::steady_clock;

// A change and the frame that tells it, made once for all watchers.
struct News {
  Change change;
  http::Piece frame;  // of an event stream, without its id: "event: ...\ndata: ...\n\n"
};
using NewsPtr = std::shared_ptr<const News>;

// Where a watcher's news go.
class Outlet {
 public:
  virtual ~Outlet() = default;
  // `id`: what the client comes back with. False when the client is gone.
  virtual bool tell(const std::vector<NewsPtr>& news, const std::string& id) = 0;
  // What the client has seen is of another log: from here on everything anew.
  virtual void reset() = 0;
  // The task has ended and nothing more will follow.
  virtual void over() = 0;
  virtual std::size_t queued_bytes() const = 0;
  virtual bool gone() const = 0;
};

// What a client has seen: a place for each store it has been told all of up to there.
using SeenPlaces = std::map<std::string, Place>;
// "3:1042.88,7:12.0", of stores such as p-0003; nullopt for text that is none.
std::string to_text(const SeenPlaces& seen);
std::optional<SeenPlaces> read_seen(std::string_view text);

struct HubLimits {
  std::size_t pending_max = 20'000;  // tasks with news for one watcher; one that is further behind is cut off
  std::size_t queue_bytes_ample = 65'536;  // queued for the network: more news wait until it is less
  std::size_t jobs_max = 200;              // in one round
};

class Hub {
 public:
  using WatchId = std::uint64_t;

  explicit Hub(const HubLimits& limits = {}) : limits_(limits) {}

  // `store`: of a watch of one task; empty when it is not known. `seen`: what the client came back with.
  WatchId watch(Choice choice, std::string store, std::optional<SeenPlaces> seen, Millis interval,
                std::shared_ptr<Outlet> outlet);
  void forget(WatchId id);

  bool idle() const;
  bool wants(std::string_view task_id) const;

  // What to ask about these stores: what is new, and what watchers have missed.
  std::vector<Job> jobs(const std::set<std::string>& stores);
  // The answers, in any order; those that nobody waits for any more change nothing. True when there is more
  // to ask at once.
  bool take(const std::vector<Job>& asked, std::vector<JobResult> results);
  // Tells what has waited long enough. Gives how long until there is more to tell; nullopt when nothing
  // waits.
  std::optional<Millis> flush(Steady::time_point now);

  // Forgets watchers whose clients have left.
  void sweep();
  std::size_t count() const;

 private:
  struct StoreState {
    Place seen{-1, 0};
    bool snapshot = true;  // being caught up from the beginning
    bool live = false;     // caught up
  };
  struct Watch {
    Choice choice;
    std::string store;
    Millis interval;
    std::shared_ptr<Outlet> outlet;
    std::map<std::string, StoreState> stores;
    std::vector<NewsPtr> pending;
    std::unordered_map<std::string, std::size_t> pending_at;  // task -> its place in `pending`
    std::unordered_set<std::string> told;                     // tasks of the wanted status, as last told
    bool over = false;
    Steady::time_point flush_at{};
  };

  Watch* find(WatchId id);
  void publish(const std::string& store, const JobResult& result);
  bool catch_up(Watch& watch, const Job& job, JobResult& result);
  void offer(Watch& watch, const std::string& store, const NewsPtr& news);
  static bool belongs(Watch& watch, const StoreState& state, const Change& change);
  bool flush_one(Watch& watch, Steady::time_point now);
  bool is_settled(const Watch& watch) const;
  void remove(WatchId id);
  static std::string id_of(const Watch& watch);

  const HubLimits limits_;
  mutable std::mutex mutex_;
  std::unordered_map<WatchId, Watch> watches_;
  std::unordered_multimap<std::string, WatchId> by_task_;
  std::set<WatchId> choosers_;            // those that watch more than one task or store
  std::set<WatchId> owing_;               // those with stores that are not live yet
  std::set<WatchId> waiting_;             // those with something pending
  std::map<std::string, Place> told_to_;  // what has been published, by store
  WatchId last_ = 0;
};

}  // namespace godwit::progress
