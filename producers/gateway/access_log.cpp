#include "producers/gateway/access_log.h"

namespace godwit::gateway {

AccessLog::AccessLog(stream::Publisher& publisher, const Clock& clock, const AccessLogOptions& options)
    : log_(publisher, {.source = options.source, .pending_max = options.pending_max}),
      turned_back_({.events_per_second = options.turned_back_per_second_max,
                    .burst_events = options.turned_back_per_second_max},
                   clock) {}

void AccessLog::record(const service::Access& access, bool turned_back) {
  if (turned_back && turned_back_.admit({})) return log_.drop();
  log_.record(access);
}

}  // namespace godwit::gateway
