#include "producers/gateway/publish.h"

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>

#include "common/base/log.h"
#include "common/stream/event_record.h"

namespace godwit::gateway {
namespace {

// The fates of one request's events. Shared with the publisher, since acknowledgements may come after we gave
// up waiting.
class Fates {
 public:
  explicit Fates(std::size_t count) : fates_(count, Fate::unacknowledged), missing_(count) {}

  void acknowledge(std::size_t at, const Result<stream::Placed>& result) {
    if (result) return decide(at, Fate::stored);
    decide(at, result.error().kind == ErrorKind::transient ? Fate::unacknowledged : Fate::refused,
           result.error().message);
  }

  void decide(std::size_t at, Fate fate, const std::string& reason = {}) {
    const std::lock_guard lock{mutex_};
    fates_[at] = fate;
    if (reason_.empty()) reason_ = reason;
    if (--missing_ == 0) changed_.notify_all();
  }

  std::vector<Fate> wait(Millis timeout) {
    std::unique_lock lock{mutex_};
    if (!changed_.wait_for(lock, timeout, [this] { return missing_ == 0; }))
      log_warn("{} events not acknowledged within {} ms", missing_, timeout.count());
    else if (!reason_.empty())
      log_warn("events of a request were not stored: {}", reason_);
    return fates_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Fate> fates_;
  std::size_t missing_;
  std::string reason_;  // the first of a failure, for the log
};

}  // namespace

std::vector<Fate> publish_all(stream::Publisher& publisher, const std::vector<event::Event>& events,
                              Millis timeout) {
  if (events.empty()) return {};
  auto fates = std::make_shared<Fates>(events.size());
  bool full = false;
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (full) {
      fates->decide(i, Fate::turned_away);
      continue;
    }
    const Status taken = publisher.publish(
        stream::encode(events[i]),
        [fates, i](const Result<stream::Placed>& result) { fates->acknowledge(i, result); });
    if (taken) continue;
    full = taken.error().kind == ErrorKind::transient;
    // A full queue is told to the client and counted; logged per request it would only make things worse.
    if (full)
      fates->decide(i, Fate::turned_away);
    else
      fates->decide(i, Fate::refused, taken.error().message);
  }
  return fates->wait(timeout);
}

}  // namespace godwit::gateway
