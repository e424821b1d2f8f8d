#include "producers/cpp/outage.h"

#include "common/base/log.h"

namespace godwit::producer {

void Outage::observe(Steady::time_point now, const Backlog& backlog) {
  if (!backlog.failing) {
    if (complained_at_ && backlog.kept == 0) {
      log_info("the broker acknowledges events again; none is missing");
      complained_at_.reset();
    }
    return;
  }
  if (complained_at_ && now - *complained_at_ < interval_) return;
  log_warn("event {} is not acknowledged by the broker ({}); {} kept, trying again", backlog.oldest,
           backlog.why.empty() ? "no answer" : backlog.why, backlog.kept);
  complained_at_ = now;
}

}  // namespace godwit::producer
