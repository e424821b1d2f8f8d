// Runner: the one loop. Reads batches, folds each record into the store of its partition, commits states,
// outputs and positions together, then wakes readers. It keeps the one promise: store == fold(log[0 ..
// positions)), after any crash or redelivery.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "common/projection/runner_stats.h"
#include "common/projection/store.h"
#include "common/projection/store_key.h"
#include "common/stream/publisher.h"
#include "common/stream/source.h"

namespace godwit::projection {

struct RunnerOptions {
  std::string consumer;
  StoreKey store_key = StoreKey::partition;
  stream::PollLimits poll = {};
  Millis store_retry{1000};             // pause before a store that failed is asked again
  std::size_t dead_letters_max = 1000;  // published per round
  // Folds next generations: a record that is no event stops its store, unless the serving store knows it.
  bool rebuilding = false;
};

// Everything but stats(), expired(), request() and stop belongs to the thread that calls run(). `changed` is
// called on it after each commit.
class Runner final : public stream::AssignmentListener {
 public:
  using Changed = std::function<void(const std::string& store, const Touched& touched)>;

  // The ports must outlive the runner.
  Runner(RunnerOptions options, StoreFactory& stores, stream::Publisher& publisher, const Clock& clock,
         Changed changed);
  ~Runner() override;

  // Runs until asked to stop, then gives the partitions up cleanly.
  void run(stream::Source& source, const std::stop_token& stop);
  // One turn of the loop; run() is this until stopped.
  void turn(stream::Source& source);

  std::vector<stream::Position> assigned(const std::vector<stream::TopicPartition>& partitions) override;
  void revoked(const std::vector<stream::TopicPartition>& partitions) override;
  void expired(const stream::TopicPartition& at, std::uint64_t records) override;

  // A copy of what has happened so far. Safe from every thread.
  RunnerSnapshot stats() const { return stats_.snapshot(); }

  // For whoever builds the next generation of a store. Done at the end of a turn, between batches; a store
  // that is not this runner's is left alone. stats() tells what came of it.
  enum class Swap {
    hold,     // folds nothing more and tells in `held` how far it is: what the next generation must reach
    release,  // folds on
    adopt,    // the next generation, which must be closed, takes its place; told in `swaps`
  };
  // Safe from every thread. `revocations` as in the stats() that the request follows from: a request from
  // before a revocation is dropped.
  void request(const std::string& store, Swap what, std::uint64_t revocations);

 private:
  struct Owned;

  std::string name_of(std::string_view topic, stream::Partition partition) const;
  LogIdentity log_identity();
  Owned* owner_of(const stream::Record& record);
  void fold(const stream::Batch& batch);
  void fold_one(Owned& owned, const stream::Record& record);
  bool may_pass_over(Owned& owned, const stream::Record& record, const event::Refusal& refusal);
  void do_chores();
  void commit(Owned& owned);
  void take_in(Owned& owned, std::unique_ptr<PartitionStore> store);
  void pause_idle(stream::Source& source);
  void fail(Owned& owned, const StoreUnavailable& failure);
  void suspend(Owned& owned, const std::string& why);
  void refuse(Owned& owned, const std::string& why);
  void retry_suspended(stream::Source& source);
  bool is_writable(Owned& owned, const LogIdentity& log);
  bool probe(Owned& owned);
  void resume(stream::Source& source, Owned& owned);
  void serve_requests(stream::Source& source);
  void adopt(Owned& owned);
  void publish_dead_letters(Owned& owned);
  void collect_published();
  void observe(stream::Source& source);

  RunnerOptions options_;
  StoreFactory& stores_;
  stream::Publisher& publisher_;
  const Clock& clock_;
  Changed changed_;
  std::map<std::string, std::unique_ptr<Owned>> owned_;
  stream::Source* source_ = nullptr;  // set while a turn runs
  std::string cluster_id_;            // once it is known
  RunnerStats stats_;
  std::mutex requests_mutex_;
  struct Request {
    std::string store;
    Swap what;
    std::uint64_t revocations;
  };
  std::vector<Request> requests_;  // bounded by the stores there are
  std::uint64_t revocations_ = 0;
};

}  // namespace godwit::projection
