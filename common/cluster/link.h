// PeerLink: tells the others about this instance and hears of them, over the topic `godwit.peers`. Kafka may
// be away and the topic missing: it keeps trying, and the consumer does not depend on it.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "common/cluster/board.h"
#include "common/stream/publisher.h"
#include "common/stream/source.h"

namespace godwit::cluster {

// What comes next on the topic; errors as of stream::Source::poll.
using ReadPeers = std::function<Result<stream::Batch>(const stream::PollLimits&)>;
// Opens the topic from as long ago as `back`: who has been silent for longer counts for nothing.
using OpenPeers = std::function<Result<ReadPeers>(Millis back)>;

struct LinkOptions {
  BoardOptions board = {};
  Millis beat{2'000};  // our own word is told this often, and at once when what we own changes
  Millis read_wait{100};
  Millis reopen_wait{2'000};  // after the topic could not be opened
  Millis farewell_timeout{1'000};
  std::size_t records_max = 1'000;  // read per turn
};

// Everything but start(), stop() and turn() is safe from every thread.
class PeerLink {
 public:
  // `self` is asked on the link's thread what to tell. The publisher must outlive the link.
  PeerLink(LinkOptions options, std::function<Peer()> self, stream::Publisher& publisher, OpenPeers open);
  ~PeerLink();

  void start();
  // Ends the thread and says farewell with a tombstone, waiting for it no longer than farewell_timeout.
  void stop();
  // What the thread does, over and over. For tests, which tell the time.
  void turn(Steady::time_point now);

  std::vector<PeerBoard::Heard> peers(Steady::time_point now) const;
  std::map<std::string, Owner> owners(Steady::time_point now) const;
  std::uint64_t rubbish_total() const;
  // Returns when a word has changed who owns what, or after `timeout`.
  void await_news(Millis timeout) const;

 private:
  void listen(Steady::time_point now);
  void tell(Steady::time_point now);
  void publish(const Peer& peer, std::optional<std::string> value);
  void complain(const std::string& why);

  const LinkOptions options_;
  const std::function<Peer()> self_;
  stream::Publisher& publisher_;
  const OpenPeers open_;

  mutable std::mutex mutex_;
  mutable std::condition_variable_any changed_;
  PeerBoard board_;         // by mutex_
  std::uint64_t news_ = 0;  // by mutex_; counts changes of who owns what

  // Of the thread.
  std::optional<ReadPeers> read_;
  Steady::time_point reopen_at_{};
  std::optional<Steady::time_point> told_at_;
  std::map<std::string, bool> told_;  // the stores told of last
  std::string complaint_;             // the last one logged
  std::shared_ptr<std::atomic<bool>> in_flight_ = std::make_shared<std::atomic<bool>>(false);
  std::jthread thread_;
};

}  // namespace godwit::cluster
