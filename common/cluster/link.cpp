#include "common/cluster/link.h"

#include <fmt/format.h>

#include "common/base/log.h"

namespace godwit::cluster {

PeerLink::PeerLink(LinkOptions options, std::function<Peer()> self, stream::Publisher& publisher,
                   OpenPeers open)
    : options_(std::move(options)),
      self_(std::move(self)),
      publisher_(publisher),
      open_(std::move(open)),
      board_(options_.board) {}

PeerLink::~PeerLink() { stop(); }

void PeerLink::start() {
  thread_ = std::jthread{[this](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      turn(Steady::now());
      if (read_) continue;  // it waits by itself
      std::unique_lock lock{mutex_};
      changed_.wait_for(lock, stop, options_.read_wait, [] { return false; });
    }
  }};
}

void PeerLink::stop() {
  if (!thread_.joinable()) return;
  thread_.request_stop();
  thread_.join();
  const Peer peer = self_();
  const auto told = stream::publish_and_wait(
      publisher_, {.topic = peers_topic, .key = key_of(peer), .value = std::nullopt, .headers = {}},
      options_.farewell_timeout);
  if (!told) log_debug("no farewell on {}: {}", peers_topic, told.error().message);
}

void PeerLink::turn(Steady::time_point now) {
  tell(now);
  listen(now);
}

void PeerLink::listen(Steady::time_point now) {
  if (!read_) {
    if (now < reopen_at_) return;
    auto opened = open_(options_.board.stale_after);
    if (!opened) {
      reopen_at_ = now + options_.reopen_wait;
      return complain(opened.error().message);
    }
    read_ = std::move(*opened);
    complaint_.clear();
  }
  const auto batch = (*read_)({.records_max = options_.records_max, .wait_max = options_.read_wait});
  if (!batch) {
    complain(batch.error().message);
    reopen_at_ = now + options_.reopen_wait;
    read_.reset();
    return;
  }
  const std::string own = key_of(self_());
  const std::lock_guard lock{mutex_};
  const std::uint64_t before = news_;
  for (const stream::Record& record : batch->records) {
    const std::string key{record.key.value_or("")};
    if (key == own) continue;  // what we own we know better
    const auto value = record.value ? std::optional{std::string{*record.value}} : std::nullopt;
    if (board_.heard(key, value, now)) ++news_;
  }
  if (news_ != before) changed_.notify_all();
}

void PeerLink::tell(Steady::time_point now) {
  const Peer peer = self_();
  auto stores = stores_of(options_.board.store_key, peer.partitions);
  const bool due = !told_at_ || now - *told_at_ >= options_.beat || stores != told_;
  // One word at a time: while Kafka is away they must not pile up, to be told late and out of date.
  if (!due || in_flight_->load()) return;
  told_at_ = now;
  told_ = std::move(stores);
  publish(peer, to_json(peer));
}

void PeerLink::publish(const Peer& peer, std::optional<std::string> value) {
  in_flight_->store(true);
  const auto accepted = publisher_.publish(
      {.topic = peers_topic, .key = key_of(peer), .value = std::move(value), .headers = {}},
      [in_flight = in_flight_](const Result<stream::Placed>&) { in_flight->store(false); });
  if (accepted) return;
  in_flight_->store(false);
  complain(accepted.error().message);
}

void PeerLink::complain(const std::string& why) {
  if (why == complaint_) return;
  complaint_ = why;
  log_warn("other instances cannot be heard of now: {}; this one answers for what it owns", why);
}

std::vector<PeerBoard::Heard> PeerLink::peers(Steady::time_point now) const {
  const std::lock_guard lock{mutex_};
  return board_.peers(now);
}

std::map<std::string, Owner> PeerLink::owners(Steady::time_point now) const {
  const std::lock_guard lock{mutex_};
  return board_.owners(now);
}

std::uint64_t PeerLink::rubbish_total() const {
  const std::lock_guard lock{mutex_};
  return board_.rubbish_total();
}

void PeerLink::await_news(Millis timeout) const {
  std::unique_lock lock{mutex_};
  const std::uint64_t before = news_;
  changed_.wait_for(lock, timeout, [&] { return news_ != before; });
}

}  // namespace godwit::cluster
